#include "experiments/pairs/split.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <stdexcept>
#include <unordered_set>

#include "engine/kernels/python_random.h"
#include "engine/kernels/random.h"
#include "engine/kernels/torch_random.h"

namespace dualtape::pairs {

namespace {

// Whole orbits go to the train part until it is full; the last one may overfill it by a sample.
std::vector<std::int32_t> orbits_in_order(const Task& task, const SplitSettings& settings) {
    std::vector<std::int32_t> by_group(task.groups.size());
    std::iota(by_group.begin(), by_group.end(), 0);
    const auto group = [&](std::int32_t s) { return task.groups[static_cast<std::size_t>(s)]; };
    std::stable_sort(by_group.begin(), by_group.end(),
                     [&](std::int32_t a, std::int32_t b) { return group(a) < group(b); });
    std::vector<std::size_t> starts;
    for (std::size_t i = 0; i < by_group.size(); ++i) {
        if (i == 0 || group(by_group[i]) != group(by_group[i - 1])) starts.push_back(i);
    }
    std::vector<std::int32_t> order;
    for (const std::int32_t orbit : permutation(starts.size(), settings.generator, settings.seed)) {
        const auto at = static_cast<std::size_t>(orbit);
        const std::size_t end = at + 1 < starts.size() ? starts[at + 1] : by_group.size();
        order.insert(order.end(), by_group.begin() + static_cast<std::ptrdiff_t>(starts[at]),
                     by_group.begin() + static_cast<std::ptrdiff_t>(end));
    }
    return order;
}

// Test samples whose orbit also has a train sample.
Index count_leaked(const Task& task, const Split& split) {
    std::unordered_set<std::int32_t> trained;
    for (const std::int32_t s : split.train)
        trained.insert(task.groups[static_cast<std::size_t>(s)]);
    return std::count_if(split.test.begin(), split.test.end(), [&](std::int32_t s) {
        return trained.contains(task.groups[static_cast<std::size_t>(s)]);
    });
}

// CPython's hash of the pair (i, j): xxHash-style, in 64 bits (Objects/tupleobject.c).
std::uint64_t hash_pair(std::uint64_t i, std::uint64_t j) {
    std::uint64_t acc = 2870177450012600261ULL;
    for (const std::uint64_t item : {i, j}) {
        acc += item * 14029467366897019727ULL;
        acc = std::rotl(acc, 31) * 11400714785074694791ULL;
    }
    return acc + (2 ^ (2870177450012600261ULL ^ 3527539ULL));
}

// CPython's open-addressing set (Objects/setobject.c), for keys that are never equal.
class PythonSet {
  public:
    void insert(std::uint64_t hash, std::int32_t value) {
        place(slots_, hash, value);
        ++used_;
        if (5 * used_ < 3 * (slots_.size() - 1)) return;
        std::size_t size = 8;
        while (size <= (used_ > 50000 ? 2 * used_ : 4 * used_)) size *= 2;
        std::vector<Slot> grown(size);
        for (const Slot& slot : slots_) {
            if (slot.value >= 0) place(grown, slot.hash, slot.value);
        }
        slots_ = std::move(grown);
    }
    std::vector<std::int32_t> values() const {
        std::vector<std::int32_t> order;
        for (const Slot& slot : slots_) {
            if (slot.value >= 0) order.push_back(slot.value);
        }
        return order;
    }

  private:
    struct Slot {
        std::uint64_t hash = 0;
        std::int32_t value = -1;
    };
    // A slot, then up to nine neighbours when they fit, then a jump.
    static void place(std::vector<Slot>& slots, std::uint64_t hash, std::int32_t value) {
        const std::size_t mask = slots.size() - 1;
        std::uint64_t perturb = hash;
        std::size_t i = hash & mask;
        for (;;) {
            const std::size_t last = i + 9 <= mask ? i + 9 : i;
            for (std::size_t j = i; j <= last; ++j) {
                if (slots[j].value >= 0) continue;
                slots[j] = {hash, value};
                return;
            }
            perturb >>= 5;
            i = (i * 5 + 1 + perturb) & mask;
        }
    }
    std::vector<Slot> slots_ = std::vector<Slot>(8);
    std::size_t used_ = 0;
};

}  // namespace

const std::vector<std::string>& split_generators() {
    static const std::vector<std::string> words{"philox", "cpython", "torch"};
    return words;
}

std::vector<std::int32_t> permutation(std::size_t n, const std::string& generator,
                                      std::uint64_t seed) {
    if (generator == "torch") return kernels::torch_randperm(n, seed);
    std::vector<std::int32_t> order(n);
    std::iota(order.begin(), order.end(), 0);
    if (generator == "philox") {
        kernels::Stream(seed, "split").shuffle(std::span(order));
    } else if (generator == "cpython") {
        kernels::PythonRandom(seed).shuffle(std::span(order));
    } else {
        throw std::invalid_argument("split_generator: \"" + generator +
                                    "\" is unknown; use philox, cpython or torch");
    }
    return order;
}

Split make_split(const Task& task, const SplitSettings& settings) {
    const double fraction = settings.train_fraction;
    const std::string text = std::to_string(fraction);
    if (!(fraction > 0 && fraction <= 1)) {
        throw std::invalid_argument("train_fraction: " + text +
                                    " is not a share of the samples; use more than 0, at most 1");
    }
    if (settings.train_cap < 0 || settings.test_cap < 0) {
        throw std::invalid_argument(
            "train_cap, test_cap: a number of samples is negative; use 0 "
            "for all of them, or more");
    }
    const auto count = static_cast<std::size_t>(fraction * static_cast<double>(task.size()));
    if (count == 0) {
        throw std::invalid_argument("train_fraction: " + text + " of " +
                                    std::to_string(task.size()) +
                                    " samples leaves none to train on; use a larger one");
    }
    const std::vector<std::int32_t> order =
        settings.by_orbit
            ? orbits_in_order(task, settings)
            : permutation(static_cast<std::size_t>(task.size()), settings.generator, settings.seed);
    std::size_t border = count;
    if (settings.by_orbit) {
        const auto group = [&](std::size_t i) {
            return task.groups[static_cast<std::size_t>(order[i])];
        };
        while (border < order.size() && group(border) == group(border - 1)) ++border;
    }
    Split split;
    split.train.assign(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(border));
    split.test.assign(order.begin() + static_cast<std::ptrdiff_t>(border), order.end());
    const auto cap = [](std::vector<std::int32_t>& samples, Index most) {
        if (most > 0 && most < static_cast<Index>(samples.size())) {
            samples.resize(static_cast<std::size_t>(most));
        }
    };
    cap(split.train, settings.train_cap);
    cap(split.test, settings.test_cap);
    split.leaked = count_leaked(task, split);
    return split;
}

std::vector<std::int32_t> python_set_order(std::int64_t p) {
    PythonSet set;
    for (std::int64_t i = 0; i < p; ++i) {
        for (std::int64_t j = 0; j < p; ++j) {
            set.insert(hash_pair(static_cast<std::uint64_t>(i), static_cast<std::uint64_t>(j)),
                       static_cast<std::int32_t>(i * p + j));
        }
    }
    return set.values();
}

}  // namespace dualtape::pairs
