//go:build unix || windows

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// completion writes what has a shell complete the command line: which words can be
// where is in commandDocs, as is the help.
func (s *session) completion() error {
	write := map[string]func() string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}[s.shell]
	if write == nil {
		return &usageError{fmt.Sprintf("no completion for %q%s", s.shell, didYouMean(s.shell, docCompletion.words[0].list(), "")), "completion"}
	}
	_, err := io.WriteString(s.out, write())
	return outputError(err)
}

// subcommands returns what can stand first, with what it does.
func subcommands() (list [][2]string) {
	for _, c := range commandDocs {
		list = append(list, [2]string{c.name, c.does})
	}
	return append(list, [2]string{"help", "how a command is used, and its flags; exit codes; what --json writes"})
}

// helpWords is what can follow "help".
func helpWords() []string {
	var list []string
	for _, c := range commandDocs {
		list = append(list, c.name)
	}
	return append(list, "exit", "json")
}

func (c commandDoc) allFlags() []flagDoc { return append(slices.Clip(c.flags), helpFlag) }

// bashCompletion needs nothing of the package bash-completion.
func bashCompletion() string {
	var b strings.Builder
	b.WriteString("# bash completion for brine; written by 'brine completion bash'\n_brine() {\n")
	b.WriteString(`	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} i n=0 flags= valued= list=
	COMPREPLY=()
	# --flag=value comes in three words
	if [[ $cur == = ]]; then
		cur=
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD-2]}
	fi
`)
	fmt.Fprintf(&b, "\tif ((COMP_CWORD == 1)); then\n\t\tCOMPREPLY=($(compgen -W '%s --version --help' -- \"$cur\"))\n\t\treturn\n\tfi\n", strings.Join(names(subcommands()), " "))
	b.WriteString("\tcase ${COMP_WORDS[1]} in\n")
	fmt.Fprintf(&b, "\thelp)\n\t\t((COMP_CWORD == 2)) && COMPREPLY=($(compgen -W '%s' -- \"$cur\"))\n\t\treturn ;;\n", strings.Join(helpWords(), " "))
	for _, c := range commandDocs {
		var flags, valued []string
		for _, f := range c.allFlags() {
			flags = append(flags, dashed(f.name))
			if f.value != "" {
				valued = append(valued, dashed(f.name))
			}
		}
		fmt.Fprintf(&b, "\t%s) flags='%s' valued=' %s ' ;;\n", c.name, strings.Join(flags, " "), strings.Join(valued, " "))
	}
	b.WriteString("\tesac\n\tcase ${COMP_WORDS[1]}:$prev in\n")
	for _, c := range commandDocs {
		for _, f := range c.flags {
			if f.value != "" {
				fmt.Fprintf(&b, "\t%s:%s)\n%s\t\treturn ;;\n", c.name, dashed(f.name), bashWords(f.words))
			}
		}
	}
	b.WriteString(`	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W "$flags" -- "$cur"))
		return
	fi
	# which argument it is: those before it that are neither flags nor their values
	for ((i = 2; i < COMP_CWORD; i++)); do
		if [[ $valued == *" ${COMP_WORDS[i]} "* ]]; then
			((i++))
			[[ ${COMP_WORDS[i]} == = ]] && ((i++))
		elif [[ ${COMP_WORDS[i]} != -?* ]]; then
			((n++))
		fi
	done
`)
	b.WriteString("\tcase ${COMP_WORDS[1]}:$n in\n")
	for _, c := range commandDocs {
		for i, w := range c.words {
			fmt.Fprintf(&b, "\t%s:%d)\n%s\t\t;;\n", c.name, i, bashWords(w))
		}
	}
	b.WriteString("\tesac\n}\ncomplete -F _brine brine\n")
	return b.String()
}

// bashWords does without what macOS's bash 3.2 has not.
func bashWords(w words) string {
	const names = "\t\tlocal IFS=$'\\n'\n\t\tcompopt -o filenames 2>/dev/null\n\t\tCOMPREPLY=($(compgen -%s -- \"$cur\"))\n"
	switch {
	case w.list != nil && w.several:
		return fmt.Sprintf("\t\t[[ $cur == *,* ]] && list=${cur%%,*},\n\t\tCOMPREPLY=($(compgen -P \"$list\" -W '%s' -- \"${cur##*,}\"))\n", strings.Join(w.list(), " "))
	case w.list != nil:
		return fmt.Sprintf("\t\tCOMPREPLY=($(compgen -W '%s' -- \"$cur\"))\n", strings.Join(w.list(), " "))
	case w.files:
		return fmt.Sprintf(names, "f")
	case w.dirs:
		return fmt.Sprintf(names, "d")
	}
	return ""
}

func names(list [][2]string) (first []string) {
	for _, pair := range list {
		first = append(first, pair[0])
	}
	return first
}

func zshCompletion() string {
	var b strings.Builder
	b.WriteString("#compdef brine\n# zsh completion for brine; written by 'brine completion zsh'\n_brine() {\n\tlocal -a commands\n\tcommands=(\n")
	for _, c := range subcommands() {
		fmt.Fprintf(&b, "\t\t'%s:%s'\n", c[0], zshText(c[1]))
	}
	b.WriteString("\t)\n\tif ((CURRENT == 2)); then\n\t\t_describe command commands\n\t\treturn\n\tfi\n")
	b.WriteString("\tlocal command=$words[2]\n\tshift words\n\t((CURRENT--))\n\tcase $command in\n")
	fmt.Fprintf(&b, "\thelp) _arguments '1:topic:(%s)' ;;\n", strings.Join(helpWords(), " "))
	for _, c := range commandDocs {
		fmt.Fprintf(&b, "\t%s) _arguments -s", c.name)
		for _, f := range c.allFlags() {
			name := dashed(f.name)
			if f.value != "" && len(f.name) > 1 {
				name += "=" // or a word of its own
			}
			fmt.Fprintf(&b, " \\\n\t\t'%s[%s]", name, zshText(f.short()))
			if f.value != "" {
				fmt.Fprintf(&b, ":%s:%s", f.value, zshWords(f.words))
			}
			b.WriteString("'")
		}
		for i, w := range c.words {
			fmt.Fprintf(&b, " \\\n\t\t'%d:%s:%s'", i+1, strings.Trim(strings.Fields(c.args)[i], "[]"), zshWords(w))
		}
		b.WriteString(" ;;\n")
	}
	b.WriteString("\tesac\n}\nif [[ $funcstack[1] == _brine ]]; then\n\t_brine \"$@\"\nelse\n\tcompdef _brine brine\nfi\n")
	return b.String()
}

// zshText takes out of a text what means something in a specification.
func zshText(text string) string {
	return strings.NewReplacer("'", `'\''`, "[", `\[`, "]", `\]`, ":", `\:`).Replace(text)
}

func zshWords(w words) string {
	switch {
	case w.list != nil && w.several:
		return "_values -s , name " + strings.Join(w.list(), " ")
	case w.list != nil:
		return "(" + strings.Join(w.list(), " ") + ")"
	case w.files:
		return "_files"
	case w.dirs:
		return "_files -/"
	}
	return " "
}

func fishCompletion() string {
	var b strings.Builder
	b.WriteString("# fish completion for brine; written by 'brine completion fish'\ncomplete -c brine -f\n")
	for _, c := range subcommands() {
		fmt.Fprintf(&b, "complete -c brine -n __fish_use_subcommand -a %s -d %s\n", c[0], fishText(c[1]))
	}
	b.WriteString("complete -c brine -n __fish_use_subcommand -l version -l help\n")
	fmt.Fprintf(&b, "complete -c brine -n '__fish_seen_subcommand_from help' -a %s\n", fishText(strings.Join(helpWords(), " ")))
	for _, c := range commandDocs {
		begin := fmt.Sprintf("complete -c brine -n '__fish_seen_subcommand_from %s'", c.name)
		for _, f := range c.allFlags() {
			option := "-l"
			if len(f.name) == 1 {
				option = "-s"
			}
			fmt.Fprintf(&b, "%s %s %s", begin, option, f.name)
			switch {
			case f.words.files:
				b.WriteString(" -r" + fishWords(f.words))
			case f.value != "":
				b.WriteString(" -x" + fishWords(f.words)) // no files, which -r alone allows
			}
			fmt.Fprintf(&b, " -d %s\n", fishText(f.short()))
		}
		for _, w := range c.words {
			if more := fishWords(w); more != "" {
				fmt.Fprintf(&b, "%s%s\n", begin, more)
			}
		}
	}
	return b.String()
}

func fishText(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'"
}

func fishWords(w words) string {
	switch {
	case w.list != nil && w.several:
		return " -a " + fishText("(__fish_append , "+strings.Join(w.list(), " ")+")")
	case w.list != nil:
		return " -a " + fishText(strings.Join(w.list(), " "))
	case w.files:
		return " -F"
	case w.dirs:
		return " -a '(__fish_complete_directories)'"
	}
	return ""
}
