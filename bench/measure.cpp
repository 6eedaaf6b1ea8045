#include "bench/measure.h"

#include <algorithm>
#include <chrono>

#include "engine/core/memory.h"
#include "engine/kernels/gemm.h"
#include "engine/kernels/random.h"
#include "engine/optim/adam.h"

namespace dualtape::bench {

namespace {

double seconds_of(const std::function<void()>& call) {
    const auto start = std::chrono::steady_clock::now();
    call();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

// Repeats recorded products on operands of its own. They are taken in turn from a block about as
// large as the second-level cache, as a sweep's planes are.
template <class Scalar>
class BareProducts {
  public:
    explicit BareProducts(std::vector<kernels::GemmCall> calls) : calls_(std::move(calls)) {
        std::size_t largest = 0;
        for (const auto& call : calls_) {
            largest =
                std::max(largest, bytes(call.rows, call.depth) + bytes(call.depth, call.cols) +
                                      bytes(call.rows, call.cols));
        }
        size_ = std::max(largest, std::size_t{2} << 20);
        memory_.reserve(size_);
    }
    double flops() const {
        double sum = 0;
        for (const auto& call : calls_) {
            sum += 2.0 * static_cast<double>(call.rows * call.cols * call.depth);
        }
        return sum;
    }
    void run() const {
        std::size_t offset = 0;
        for (const auto& call : calls_) {
            const std::size_t a = bytes(call.rows, call.depth), b = bytes(call.depth, call.cols);
            const std::size_t all = a + b + bytes(call.rows, call.cols);
            if (offset + all > size_) offset = 0;
            const auto at = [&](std::size_t shift) {
                return reinterpret_cast<Scalar*>(memory_.data() + offset + shift);
            };
            const auto operand = [](const Scalar* data, Index rows, Index cols, bool transposed) {
                return transposed ? kernels::Operand<Scalar>{data, cols, rows, true}
                                  : kernels::Operand<Scalar>{data, rows, cols, false};
            };
            kernels::gemm<Scalar>(
                at(a + b), operand(at(0), call.rows, call.depth, call.a_transposed),
                operand(at(a), call.depth, call.cols, call.b_transposed), call.accumulate);
            offset += all;
        }
    }

  private:
    static std::size_t bytes(Index rows, Index cols) {
        return padded_bytes(static_cast<std::size_t>(rows * cols) * sizeof(Scalar));
    }
    std::vector<kernels::GemmCall> calls_;
    AlignedBuffer memory_;
    std::size_t size_ = 0;
};

}  // namespace

const char* name_of(Work work) {
    switch (work) {
        case Work::gradient:
            return "gradient";
        case Work::hessian_from_scratch:
            return "hessian_from_scratch";
        case Work::hessian:
            return "hessian";
        case Work::hessian_block_8:
            return "hessian_block_8";
        case Work::hessian_block_32:
            return "hessian_block_32";
        case Work::gauss_newton:
            return "gauss_newton";
        case Work::curvature:
            return "curvature";
        case Work::training_step:
            return "training_step";
    }
    return "";
}

template <class Scalar>
Measurement measure(Workload<Scalar>& workload, Work work, int repetitions) {
    const Model<Scalar>& model = *workload.model;
    Workspace<Scalar>& space = *workload.workspace;
    const Batch<Scalar>& batch = *workload.batch;
    const Index columns = work == Work::hessian_block_8    ? 8
                          : work == Work::hessian_block_32 ? 32
                                                           : 1;
    Mat<Scalar> v(model.size(), columns), result(model.size(), columns);
    kernels::Stream(0, "probes").fill_normal(v.data(), v.size());
    Vec<Scalar> g(model.size()), theta = workload.theta;
    optim::Adam<Scalar> adam(model.size(), {.decoupled_decay = 1.0});

    // The point is made anew before every product, because gradients in between make it stale.
    const auto run = [&](bool timed) {
        switch (work) {
            case Work::gradient:
                return seconds_of([&] { model.gradient(space, theta, batch, g); });
            case Work::training_step:
                return seconds_of([&] {
                    model.gradient(space, theta, batch, g);
                    adam.step(theta, g, timed ? 1e-3 : 0.0);
                });
            case Work::hessian_from_scratch:
                return seconds_of([&] { model.at(space, theta, batch).hessian(v, result); });
            default:
                break;
        }
        const Point<Scalar> point = model.at(space, theta, batch);
        return seconds_of([&] {
            if (work == Work::gauss_newton) {
                point.gauss_newton(v, result);
            } else if (work == Work::curvature) {
                static_cast<void>(point.curvature(v));
            } else {
                point.hessian(v, result);
            }
        });
    };
    std::vector<kernels::GemmCall> calls;
    const bool records_point =
        work == Work::hessian_from_scratch || work == Work::gradient || work == Work::training_step;
    if (records_point) {
        space.record_products(&calls);
        run(false);
    } else {
        const Point<Scalar> point = model.at(space, theta, batch);
        space.record_products(&calls);
        if (work == Work::gauss_newton) {
            point.gauss_newton(v, result);
        } else if (work == Work::curvature) {
            static_cast<void>(point.curvature(v));
        } else {
            point.hessian(v, result);
        }
    }
    space.record_products(nullptr);
    const BareProducts<Scalar> bare(calls);

    std::vector<double> seconds, over_gradient, over_products;
    for (int i = -1; i < repetitions; ++i) {
        const double product = run(true);
        const double gradient =
            seconds_of([&] { model.gradient(space, workload.theta, batch, g); });
        const double products = seconds_of([&] { bare.run(); });
        if (i < 0) continue;
        seconds.push_back(product);
        over_gradient.push_back(product / static_cast<double>(columns) / gradient);
        over_products.push_back(product / products);
    }
    return {median(seconds), bare.flops(), median(over_gradient), median(over_products)};
}

#define DUALTAPE_MEASURE(Scalar) template Measurement measure<Scalar>(Workload<Scalar>&, Work, int);
DUALTAPE_FOR_EACH_SCALAR(DUALTAPE_MEASURE)

}  // namespace dualtape::bench
