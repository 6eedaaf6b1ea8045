#include "experiments/lab/side_by_side.h"

#include <algorithm>
#include <numeric>

#include "engine/core/parallel.h"

namespace dualtape::lab {

namespace {

// The time of the busiest thread when tasks are handed out in this order.
double longest_share(const std::vector<double>& costs, const std::vector<std::size_t>& order,
                     int threads) {
    std::vector<double> busy(static_cast<std::size_t>(threads), 0.0);
    for (const std::size_t task : order) {
        *std::min_element(busy.begin(), busy.end()) += costs[task];
    }
    return *std::max_element(busy.begin(), busy.end());
}

}  // namespace

void run_side_by_side(const std::vector<double>& costs, int threads, double efficiency,
                      const std::function<void(std::size_t, int)>& body) {
    std::vector<std::size_t> order(costs.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
        return costs[left] > costs[right];
    });
    const double total = std::accumulate(costs.begin(), costs.end(), 0.0);
    const bool is_shared = total / (efficiency * threads) < longest_share(costs, order, threads);
    parallel_for(is_shared ? 1 : threads, static_cast<Index>(costs.size()), [&](Index i, int) {
        body(order[static_cast<std::size_t>(i)], is_shared ? threads : 1);
    });
}

}  // namespace dualtape::lab
