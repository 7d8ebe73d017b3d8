# No command, unknown ones, wrong options: exit 2 and a hint.
$ ferry version
| ferry 0.1.0
$ ferry --version
| ferry 0.1.0
$ ferry nosuch
! error: there is no command 'nosuch' [usage]
!   hint: ferry --help
= 2
$ ferry convert
! error: something is missing: ferry convert MODEL [-o OUT] [usage]
!   hint: ferry convert --help
= 2
$ ferry convert a.pt b.pt
! error: 'b.pt' is one too many: ferry convert MODEL [-o OUT] [usage]
!   hint: ferry convert --help
= 2
$ ferry convert a.pt --nosuch
! error: there is no option '--nosuch' [usage]
!   hint: ferry convert --help
= 2
$ ferry convert a.pt --opset
! error: --opset needs a value: N|auto [usage]
!   hint: ferry convert --help
= 2
$ ferry convert a.pt --opset seventeen
! error: --opset is a number or auto, not 'seventeen' [usage]
!   hint: ferry convert --help
= 2
$ ferry convert a.pt --weights both
! error: --weights is inline, external, link or auto, not 'both' [usage]
!   hint: ferry convert --help
= 2
$ ferry convert a.pt --bound 0
! error: --bound cannot take '0' [usage]
!   hint: ferry convert --help
= 2
$ ferry convert a.pt --bound 1e-3,1e-3
! error: --bound cannot take '1e-3,1e-3' [usage]
!   hint: ferry convert --help
= 2
$ ferry convert a.pt --keep-output first
! error: --keep-output takes the number of an output [usage]
!   hint: ferry convert --help
= 2
$ ferry convert a.pt --fuse=yes
! error: --fuse takes no value [usage]
!   hint: ferry convert --help
= 2
$ ferry run a.pt --runtime torch
! error: --runtime is ferry or onnxruntime, not 'torch' [usage]
!   hint: ferry run --help
= 2
$ ferry verify a.pt
! error: something is missing: ferry verify A B [usage]
!   hint: ferry verify --help
= 2
$ ferry version --threads=-1
! error: --threads cannot be -1 [usage]
!   hint: ferry version --help
= 2
$ ferry help nosuch
! error: there is no command 'nosuch' [usage]
!   hint: ferry --help
= 2
$ ferry version --json
| {
|   "schema": 1,
|   "ferry": "0.1.0",
|   "command": "version",
|   "status": 0
| }
