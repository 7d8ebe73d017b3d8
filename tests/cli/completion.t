# Completion asks the program itself.
$ complete() { :; }; . models/../../tools/completion.bash; COMP_WORDS=(ferry ver); COMP_CWORD=1; _ferry; echo ${COMPREPLY[@]}
| verify version
$ complete() { :; }; . models/../../tools/completion.bash; COMP_WORDS=(ferry run --run); COMP_CWORD=2; _ferry; echo ${COMPREPLY[@]}
| --runtime
$ complete() { :; }; . models/../../tools/completion.bash; COMP_WORDS=(ferry convert --opset au); COMP_CWORD=3; _ferry; echo ${COMPREPLY[@]}
| auto
