# Ctrl-C: exit 130, no file left behind.
$ timeout --preserve-status -s INT 0.5 ferry run models/countdown/model.pt -i @models/countdown/forever.npy --max-steps 1000000000000
= 130
$ timeout --preserve-status -s INT 1 ferry convert models/countdown/model.pt -o c.onnx -i @models/countdown/forever.npy --max-steps 1000000000000 >log; ls -A
| log
| models
$ timeout --preserve-status -s TERM 1 ferry convert models/countdown/model.pt -o c.onnx -i @models/countdown/forever.npy --max-steps 1000000000000 >log; ls -A
| log
| models
$ timeout --preserve-status -s HUP 1 ferry convert models/countdown/model.pt -o c.onnx -i @models/countdown/forever.npy --max-steps 1000000000000 >log; ls -A
| log
| models
