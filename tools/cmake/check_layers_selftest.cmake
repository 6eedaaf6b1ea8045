# Breaks each rule of check_layers.cmake once, in a small tree, and demands that it is caught.
#   cmake -D FOLDER=<scratch folder> -P check_layers_selftest.cmake
cmake_minimum_required(VERSION 3.25)
set(checker ${CMAKE_CURRENT_LIST_DIR}/check_layers.cmake)
set(failures 0)

# expect(FILE TEXT MESSAGE): a tree with FILE containing TEXT yields MESSAGE; "" expects no violation.
function(expect file text message)
  file(REMOVE_RECURSE ${FOLDER})
  file(WRITE ${FOLDER}/${file} "// A comment with atomic, thread_local and reduction( in it.\n${text}\n")
  execute_process(COMMAND ${CMAKE_COMMAND} -D ROOT=${FOLDER} -P ${checker}
    OUTPUT_VARIABLE output ERROR_VARIABLE output RESULT_VARIABLE code)
  string(FIND "${output}" "${message}" place)
  if((message AND (code EQUAL 0 OR place EQUAL -1)) OR (NOT message AND NOT code EQUAL 0))
    message("${file}: ${text}\n  expected: ${message}\n  got: ${output}")
    math(EXPR failures "${failures} + 1")
    set(failures ${failures} PARENT_SCOPE)
  endif()
endfunction()

# Allowed.
expect(engine/ops/a.h "#include \"engine/core/op.h\"" "")
expect(engine/core/frame.h "#include \"engine/kernels/gemm.h\"" "")
expect(engine/core/types.h "#include <Eigen/Core>" "")
expect(engine/core/parallel.cpp "std::max(1U, std::thread::hardware_concurrency());" "")
expect(tests/consumer/a.cpp "#include <omp.h>" "")
expect(engine/core/a.cpp "int a;  // layer-ok: a reason\n#include <vector>" "")
expect(engine/kernels/a.cpp "std::atomic<int> x;  // layer-ok: a counter" "")
expect(experiments/clock_pizza/main.cpp "#include \"experiments/lab/cli.h\"" "")
expect(tests/engine/a.cpp "#include <doctest/doctest.h>\n#include \"models/mlp.h\"" "")
expect(tests/engine/b.cpp "using namespace dualtape;" "")

# Against the arrows.
set(not_among "is not among what")
foreach(pair
    "engine/kernels/a.h engine/core/graph.h" "engine/core/a.h engine/ops/matmul.h"
    "engine/optim/a.h engine/core/graph.h" "engine/optim/a.h engine/curvature/trace.h"
    "engine/curvature/a.cpp engine/core/point.h" "engine/sampling/a.cpp engine/curvature/lanczos.h"
    "engine/ops/a.h engine/optim/adam.h" "engine/core/a.cpp models/mlp.h"
    "models/a.h experiments/pairs/tasks.h" "experiments/pairs/a.h experiments/analyses/fourier/a.h"
    "experiments/lab/a.h experiments/study/setup.h" "experiments/study/a.h experiments/report/cost.h"
    "experiments/report/a.h experiments/pairs/tasks.h"
    "experiments/analyses/a.h experiments/grokking_hessian/report.h"
    "experiments/statistics/a.h experiments/study/setup.h" "bench/a.cpp experiments/lab/table.h"
    "tools/dualtape/a.cpp tests/support/rules.h")
  separate_arguments(pair)
  list(GET pair 0 file)
  list(GET pair 1 header)
  expect(${file} "\n#include \"${header}\"" "${file}:3: \"${header}\" ${not_among}")
endforeach()

# Third-party headers, and how includes are written.
expect(experiments/lab/run.cpp "#include <CLI/CLI.hpp>" "run.cpp:2: <CLI/CLI.hpp> may be included by")
expect(experiments/lab/options.cpp "#include <toml++/toml.h>" "options.cpp:2: <toml++/toml.h> may be included by")
expect(experiments/lab/a.h "#include <nlohmann/json.hpp>" "may be included by")
expect(experiments/lab/a.h "#include <nlohmann/json_fwd.hpp>" "may be included by")
expect(experiments/lab/report.cpp "#include <gnuplot-iostream.h>" "may be included by")
expect(experiments/lab/report.cpp "#include <boost/iostreams/stream.hpp>" "may be included by")
expect(engine/curvature/a.cpp "#include <Spectra/SymEigsSolver.h>" "may be included by")
expect(engine/core/a.cpp "#include <doctest/doctest.h>" "may be included by")
expect(tests/a.cpp "#include <benchmark/benchmark.h>" "may be included by")
expect(engine/core/a.h "#include <Eigen/Dense>" "may be included by")
expect(engine/core/graph.cpp "#include <omp.h>" "may be included by")
expect(engine/kernels/random.h "#include <Random123/philox.h>" "may be included by")
expect(engine/core/a.cpp "#include <Torch/All.h>" "does not know")
expect(engine/core/a.cpp "#include \"../core/b.h\"" "without ../")
expect(engine/core/a.cpp "#include \"b.h\"" "quotes are for our own headers")

# Words.
expect(engine/core/a.cpp "#pragma omp parallel for" "a.cpp:2: #pragma omp is refused here")
expect(engine/core/parallel.cpp "#pragma omp parallel for" "parallel.cpp:2: #pragma omp is refused here")
expect(engine/core/parallel.cpp "#pragma omp parallel for reduction(+ : x)" "reduction( is refused")
expect(engine/core/a.cpp "std::thread t(f);" "threads are started by engine/core/team.cpp")
expect(experiments/lab/a.cpp "pthread_create(&t, 0, f, 0);" "threads are started by")
expect(experiments/lab/a.cpp "#pragma omp simd" "is refused here")
expect(engine/core/a.cpp "thread_local int x;" "a.cpp:2: thread_local is refused here")
expect(engine/core/a.cpp "std::atomic<int> x;" "std::atomic< is refused here")
expect(engine/core/a.cpp "#include <atomic>" "atomic> is refused here")
expect(models/a.cpp "int x = std::rand();" "std::rand is refused here")
expect(models/a.cpp "int x = rand();" "rand( is refused here")
expect(models/a.cpp "std::normal_distribution<float> n;" "is refused here")
expect(models/a.cpp "std::shuffle(a, b, c);" "std::shuffle is refused here")
expect(models/a.cpp "auto m = Mat::Random(2, 2);" "is refused here")
expect(models/a.cpp "m.setRandom();" "is refused here")
expect(models/a.h "using namespace std;" "is refused here")
expect(engine/CMakeLists.txt "target_compile_options(a PRIVATE -ffast-math)" "is refused here")
expect(CMakePresets.json "-Ofast" "is refused here")

# Ops, and the size of files, which only warns.
expect(engine/ops/a.h "static constexpr auto name = \"tanh\";" "a.h:2: op \"tanh\" has no row")
string(REPEAT "\n" 600 long)
expect(engine/core/a.cpp "${long}" "")

file(REMOVE_RECURSE ${FOLDER})
if(failures)
  message(FATAL_ERROR "${failures} rules are not enforced")
endif()
