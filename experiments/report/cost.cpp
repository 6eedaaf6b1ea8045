#include "experiments/report/cost.h"

#include "experiments/lab/table.h"
#include "experiments/report/run_tables.h"

namespace dualtape::report {

void write_cost(const std::filesystem::path& folder,
                const std::vector<std::pair<std::string, double>>& rows, lab::Manifest& manifest) {
    std::vector<std::pair<std::string, double>> all = rows;
    all.emplace_back("CPU seconds", lab::cpu_seconds());
    all.emplace_back("peak memory (MB)", static_cast<double>(lab::peak_memory_bytes()) / 1e6);
    lab::TableWriter table(folder / "cost.tsv", {"quantity", "value"});
    for (const auto& [quantity, value] : all) {
        table.add_row({quantity, value});
        manifest.add_counter(quantity, value);
    }
    table.close();
}

std::vector<std::pair<std::string, std::string>> read_cost(const std::filesystem::path& folder) {
    const lab::Table table = lab::read_table(folder / "cost.tsv");
    const auto quantities = table.texts("quantity");
    const auto values = table.numbers("value");
    std::vector<std::pair<std::string, std::string>> cost;
    for (std::size_t i = 0; i < values.size(); ++i) {
        cost.emplace_back(quantities[i], readable(values[i]));
    }
    return cost;
}

}  // namespace dualtape::report
