# Converting gives the same bytes every time: of another path, in another locale and time zone, with other threads, with
# memory that isn't zero when it is new.
$ mkdir -p far/away
$ ferry convert models/unet2d_bn/model.pt -o net.onnx --onnxruntime none -q; cp models/unet2d_bn/model.pt other.pt
$ cd far/away; TZ=Asia/Tokyo LC_ALL=$(locale -a | grep -v '^C\|POSIX' | head -1) OMP_NUM_THREADS=3 MALLOC_PERTURB_=165 ferry convert ../../other.pt -o net.onnx --onnxruntime none -q --threads 1
$ for f in net.onnx*; do cmp $f far/away/$f && echo ${f##*.}; done; rm net.onnx* far/away/net.onnx*
| onnx
$ ferry convert models/unet3d/model.pt -o net.onnx --onnxruntime none --weights external -q; cp models/unet3d/model.pt other.pt
$ cd far/away; TZ=Asia/Tokyo LC_ALL=$(locale -a | grep -v '^C\|POSIX' | head -1) OMP_NUM_THREADS=3 MALLOC_PERTURB_=165 ferry convert ../../other.pt -o net.onnx --onnxruntime none --weights external -q --threads 1
$ for f in net.onnx*; do cmp $f far/away/$f && echo ${f##*.}; done; rm net.onnx* far/away/net.onnx*
| onnx
| data
$ ferry convert models/control/if_nested/model.pt -o net.onnx -i @models/control/if_nested/a/input_0.npy --onnxruntime none -q; cp models/control/if_nested/model.pt other.pt
$ cd far/away; TZ=Asia/Tokyo LC_ALL=$(locale -a | grep -v '^C\|POSIX' | head -1) OMP_NUM_THREADS=3 MALLOC_PERTURB_=165 ferry convert ../../other.pt -o net.onnx -i @../../models/control/if_nested/a/input_0.npy --onnxruntime none -q --threads 1
$ for f in net.onnx*; do cmp $f far/away/$f && echo ${f##*.}; done; rm net.onnx* far/away/net.onnx*
| onnx
$ ferry convert models/control/while_list/model.pt -o net.onnx -i @models/control/while_list/a/input_0.npy --onnxruntime none -q; cp models/control/while_list/model.pt other.pt
$ cd far/away; TZ=Asia/Tokyo LC_ALL=$(locale -a | grep -v '^C\|POSIX' | head -1) OMP_NUM_THREADS=3 MALLOC_PERTURB_=165 ferry convert ../../other.pt -o net.onnx -i @../../models/control/while_list/a/input_0.npy --onnxruntime none -q --threads 1
$ for f in net.onnx*; do cmp $f far/away/$f && echo ${f##*.}; done; rm net.onnx* far/away/net.onnx*
| onnx
