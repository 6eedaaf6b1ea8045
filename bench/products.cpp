// Throughput of gradients and products with Google Benchmark: each row states GFLOP/s, the ratio
// to one gradient, and the ratio to the bare matrix products of the same shapes.

#include <benchmark/benchmark.h>

#include "bench/measure.h"

namespace {

using namespace dualtape;
using bench::Work;

constexpr Work kWorks[] = {Work::gradient,        Work::hessian_from_scratch, Work::hessian,
                           Work::hessian_block_8, Work::hessian_block_32,     Work::gauss_newton,
                           Work::curvature,       Work::training_step};
constexpr int kRepetitions = 9;

template <class Scalar>
void run(benchmark::State& state, bench::Workload<Scalar>& workload, Work work) {
    bench::Measurement result;
    for (auto _ : state) {
        result = bench::measure(workload, work, kRepetitions);
        state.SetIterationTime(result.seconds);
    }
    state.counters["GFLOP/s"] = result.flops / result.seconds * 1e-9;
    state.counters["over_gradient"] = result.over_gradient;
    state.counters["over_products"] = result.over_products;
}

template <class Scalar>
void add(std::shared_ptr<bench::Workload<Scalar>> workload, const char* scalar) {
    for (const Work work : kWorks) {
        const std::string name = workload->name + "/" + scalar + "/" + bench::name_of(work);
        benchmark::RegisterBenchmark(name.c_str(),
                                     [=](benchmark::State& state) { run(state, *workload, work); })
            ->UseManualTime()
            ->Iterations(1)
            ->Unit(benchmark::kMillisecond);
    }
}

template <class Scalar>
void add_all(const char* scalar) {
    // One thread: what is measured is the overhead around the products, not the machine.
    for (const int depth : {2, 4, 7}) add<Scalar>(bench::mlp<Scalar>(depth, 1), scalar);
    add<Scalar>(bench::embedding_mlp<Scalar>(64, false, 1), scalar);
    add<Scalar>(bench::embedding_mlp<Scalar>(10215, false, 1), scalar);
    add<Scalar>(bench::embedding_mlp<Scalar>(10215, true, 1), scalar);
}

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    add_all<double>("double");
    add_all<float>("float");
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
