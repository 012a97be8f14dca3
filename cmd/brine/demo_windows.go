package main

func (s *session) demoDaemon() error { return errNoUnix }

// demoReal says why there is no more to see.
func (s *session) demoReal() error {
	if err := s.heading("3. The same daemon for real"); err != nil {
		return err
	}
	if err := s.say("Left out: it needs a Unix system.\n\n"); err != nil {
		return err
	}
	return s.demoEnd()
}

// demoSocket has nothing to prepare.
func (s *session) demoSocket() (remove func(), err error) { return func() {}, nil }
