#pragma once
// Interleaved timing: a product, the gradient, and the bare matrix products of the same shapes.
//
// Machines drift; ratios hold when their parts are timed in turn. Every measurement is a median.

#include <functional>
#include <vector>

#include "bench/workloads.h"

namespace dualtape::bench {

// What a row of the bench runs.
enum class Work {
    gradient,
    hessian_from_scratch,  // linearise, then one product
    hessian,               // one product at a point
    hessian_block_8,
    hessian_block_32,
    gauss_newton,
    curvature,     // v'Hv
    training_step  // gradient and AdamW
};
const char* name_of(Work work);

struct Measurement {
    double seconds = 0;        // median of one call
    double flops = 0;          // of the matrix products in one call, as counted in the run
    double over_gradient = 0;  // median ratio of time per column to a gradient's
    double over_products = 0;  // median ratio of time to the bare matrix products
};

// Runs work, gradient and bare products in turn `repetitions` times, after one unmeasured round.
template <class Scalar>
Measurement measure(Workload<Scalar>& workload, Work work, int repetitions);

}  // namespace dualtape::bench
