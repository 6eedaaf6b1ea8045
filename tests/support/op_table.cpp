#include "tests/support/op_table.h"

namespace dualtape::testing {

std::vector<TableRow> table_rows(const OpSizes& sizes) {
    const auto single = op_list<float>(sizes);
    const auto real = op_list<double>(sizes);
    const auto complex = op_list<std::complex<double>>(sizes);
    std::vector<TableRow> rows;
    for (std::size_t i = 0; i < real.size(); ++i) {
        try {
            rows.push_back({real[i].name + (real[i].variant.empty() ? "" : " " + real[i].variant),
                            {op_of(single[i]), op_of(real[i]), op_of(complex[i]), real[i].inputs,
                             real[i].formula}});
        } catch (const std::invalid_argument&) {
        }
    }
    return rows;
}

}  // namespace dualtape::testing
