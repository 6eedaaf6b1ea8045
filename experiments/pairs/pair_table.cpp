#include "experiments/pairs/pair_table.h"

#include <stdexcept>

namespace dualtape::pairs {

PairTable make_pair_table(const Task& task, const Split& split) {
    if (task.operands != 2) {
        throw std::invalid_argument(task.name + " has " + std::to_string(task.operands) +
                                    " operands; choose a task of two");
    }
    PairTable table;
    table.p = task.vocabulary;
    table.num_samples = task.size();
    table.labels.assign(static_cast<std::size_t>(table.p * table.p), -1);
    const auto pair_of = [&](std::int32_t sample) {
        const auto first = 2 * static_cast<std::size_t>(sample);
        return task.tokens[first] * static_cast<std::int32_t>(table.p) + task.tokens[first + 1];
    };
    for (Index sample = 0; sample < task.size(); ++sample) {
        const auto s = static_cast<std::size_t>(sample);
        table.labels[static_cast<std::size_t>(pair_of(static_cast<std::int32_t>(sample)))] =
            task.true_labels[s];
    }
    for (const std::int32_t sample : split.train) table.train.push_back(pair_of(sample));
    for (const std::int32_t sample : split.test) table.test.push_back(pair_of(sample));
    return table;
}

}  // namespace dualtape::pairs
