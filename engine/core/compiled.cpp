#include "engine/core/compiled.h"

#include <stdexcept>
#include <utility>

namespace dualtape {

template <class Scalar>
Compiled<Scalar>::Compiled(const Graph<Scalar>& graph, Var<Scalar> loss, Options options)
    : plan(std::make_shared<const Plan<Scalar>>(graph, loss, std::move(options))) {
    const Scheduler<Scalar> scheduler(*plan);
    value = scheduler.values(plan->loss(), 0);
    all_values = scheduler.values(-1, 2);
    gradient = scheduler.gradient(false);
    linearise = scheduler.gradient(true);
    adjoints = scheduler.adjoints();
    for (int product = 0; product <= static_cast<int>(Product::loss_slopes); ++product) {
        products.emplace_back();
        try {
            products.back() = scheduler.product(static_cast<Product>(product));
        } catch (const std::logic_error&) {
            // Not defined for this loss; Point says so when it is asked for.
        }
    }
}

#define DUALTAPE_INSTANTIATE(Scalar) template struct Compiled<Scalar>;
DUALTAPE_FOR_EACH_SCALAR(DUALTAPE_INSTANTIATE)

}  // namespace dualtape
