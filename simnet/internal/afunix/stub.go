package afunix

type (
	tree    struct{}
	socket  struct{}
	process struct{}
	file    struct{}
	pools   struct{}
)

func (t *tree) init(*Kernel) {}
