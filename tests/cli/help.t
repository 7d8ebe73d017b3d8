# Every command describes itself.
$ ferry help
| ferry 0.1.0: TorchScript to ONNX, with proof
|
|   ferry convert  MODEL [-o OUT]       convert a TorchScript model to ONNX and prove the result
|   ferry run      MODEL                run a model and write its outputs as .npy files
|   ferry verify   A B                  prove that the ONNX file B gives the results of A
|   ferry inspect  FILE                 show modules, parameters, code, inputs and operators of a model
|   ferry ops      [NAME]               list the supported operators, or all schemas of one
|   ferry doctor                        say which libraries and runtimes were found, and where
|   ferry version                       print the version
|   ferry help     [COMMAND]            say what there is
|
| ferry COMMAND --help says more. Exit codes: 0 ok, 1 a check failed, 2 usage or wrong input, 3 malformed
| model, 4 unsupported, 5 input/output or memory, 130 interrupted.
$ ferry help convert
| ferry convert MODEL [-o OUT]
|
| convert a TorchScript model to ONNX and prove the result.
|
| options:
|   -o, --output OUT           file to write (MODEL with .onnx)
|       --opset N|auto         ONNX opset, 9 to 28 (auto: the smallest that fits)
|   -i, --input SPEC           one input, in order; NAME=SPEC addresses one
|       --input-name NAME      names of the inputs (INPUT__0, ...)
|       --output-name NAME     names of the outputs (OUTPUT__0, ...)
|       --keep-output I        keep output I only; repeat for more (all)
|       --method NAME          method of the program (forward)
|       --weights FORM         where weights are: inline, external, link (inline below 2 GB)
|       --fuse                 fold batch normalization into convolutions
|       --no-verify            do not run the model to compare results
|       --verify-input SPEC    a smaller input to compare with
|       --golden DIR           inputs and outputs saved from PyTorch
|       --bound MEAN[,RTOL,ATOL] what counts as equal (1e-3,1e-3,1e-4)
|       --until PASS           stop after this pass, print the graph, write nothing
|       --dump PASS            print the graph after this pass, or after all
|       --json                 print the report as JSON
|   -v, --verbose              print more
|   -q, --quiet                print errors only
|       --threads N            use N threads (all processors)
|       --seed N               seed of made-up inputs and random operators (0)
|       --onnxruntime PATH     ONNX Runtime's library, the folder it is in, or none
|   -h, --help                 print this
|       --max-steps N          statements that a program may run
|       --max-nodes N          nodes that its graph may have
|       --max-unroll N         nodes that its loops may unroll to
|       --max-items N          elements of a list, bytes of a text in it
|       --max-unpacked BYTES   what an archive may inflate to
|
| OUT appears, or replaces an older file, only when every check held; after a failed one the new file is kept as
| OUT.rejected. SPEC is 1x3x224x224, int64[1,128], @file.npy, 5, 1.5, true, none or 'text'. Without --input the
| shapes that the archive remembers are taken.
| Weights are in OUT (inline), in one file OUT.HASH.data beside it (external), or stay in MODEL, which OUT then
| refers to and has to lie beside (link).
$ ferry run --help
| ferry run MODEL
|
| run a model and write its outputs as .npy files.
|
| options:
|   -i, --input SPEC           one input, in order; NAME=SPEC addresses one
|   -o, --output-dir DIR       where to write output_0.npy, ... (here)
|       --runtime NAME         ferry or onnxruntime: what runs an ONNX file (ferry)
|       --method NAME          method of the program (forward)
|       --json                 print the report as JSON
|   -v, --verbose              print more
|   -q, --quiet                print errors only
|       --threads N            use N threads (all processors)
|       --seed N               seed of made-up inputs and random operators (0)
|       --onnxruntime PATH     ONNX Runtime's library, the folder it is in, or none
|   -h, --help                 print this
|       --max-steps N          statements that a program may run
|       --max-nodes N          nodes that its graph may have
|       --max-unroll N         nodes that its loops may unroll to
|       --max-items N          elements of a list, bytes of a text in it
|       --max-unpacked BYTES   what an archive may inflate to
|
| MODEL is a TorchScript archive, whose original program is run, or an ONNX model. The files are output_0.npy,
| output_1.npy, ... SPEC is 1x3x224x224,
| int64[1,128], @file.npy, 5, 1.5, true, none or 'text'; tensors without data get seeded values.
$ ferry verify -h
| ferry verify A B
|
| prove that the ONNX file B gives the results of A.
|
| options:
|   -i, --input SPEC           one input, in order; NAME=SPEC addresses one
|       --golden DIR           inputs and outputs saved from PyTorch
|       --bound MEAN[,RTOL,ATOL] what counts as equal (1e-3,1e-3,1e-4)
|       --keep-output I        output of A that B has; repeat for more (all)
|       --method NAME          method of the program (forward)
|       --json                 print the report as JSON
|   -v, --verbose              print more
|   -q, --quiet                print errors only
|       --threads N            use N threads (all processors)
|       --seed N               seed of made-up inputs and random operators (0)
|       --onnxruntime PATH     ONNX Runtime's library, the folder it is in, or none
|   -h, --help                 print this
|       --max-steps N          statements that a program may run
|       --max-nodes N          nodes that its graph may have
|       --max-unroll N         nodes that its loops may unroll to
|       --max-items N          elements of a list, bytes of a text in it
|       --max-unpacked BYTES   what an archive may inflate to
|
| A is a TorchScript archive, whose original program is run, or an ONNX model. The evidence is called independent
| (against results saved from PyTorch), crossed (the program against ONNX Runtime on the file) or self (against
| ferry's own engine); self alone is a self-check, never ok. DIR holds input_0.npy, ... and output_0.npy, ...
$ ferry inspect --help
| ferry inspect FILE
|
| show modules, parameters, code, inputs and operators of a model.
|
| options:
|       --method NAME          whose inputs to show (forward)
|       --json                 print the report as JSON
|   -v, --verbose              print more
|   -q, --quiet                print errors only
|       --threads N            use N threads (all processors)
|       --seed N               seed of made-up inputs and random operators (0)
|       --onnxruntime PATH     ONNX Runtime's library, the folder it is in, or none
|   -h, --help                 print this
|       --max-steps N          statements that a program may run
|       --max-nodes N          nodes that its graph may have
|       --max-unroll N         nodes that its loops may unroll to
|       --max-items N          elements of a list, bytes of a text in it
|       --max-unpacked BYTES   what an archive may inflate to
|
| FILE is a TorchScript archive, a checkpoint or an ONNX model. Nothing in it is run. Operators that ferry does not
| support are marked; they are no error here.
$ ferry ops --help
| ferry ops [NAME]
|
| list the supported operators, or all schemas of one.
|
| options:
|       --json                 print the report as JSON
|   -v, --verbose              print more
|   -q, --quiet                print errors only
|       --threads N            use N threads (all processors)
|       --seed N               seed of made-up inputs and random operators (0)
|       --onnxruntime PATH     ONNX Runtime's library, the folder it is in, or none
|   -h, --help                 print this
$ ferry doctor --help | head -1
| ferry doctor
