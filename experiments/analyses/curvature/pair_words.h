#pragma once
// What is known of eigenpairs, in words: how many have converged, and which have not.

#include <cstddef>
#include <string>
#include <vector>

#include "experiments/lab/table.h"

namespace dualtape::analyses {

// The rows with this number in a column: all seeds of a depth. None of a table without rows.
std::vector<std::size_t> rows_where(const lab::Table& table, const char* column, double value);

struct PairState {
    bool is_top = false, is_converged = false, is_sign_certain = false;
    double step = 0, rank = 0, value = 0, bound = 0;
};
// Of these rows of an eigenvalues.tsv. In one without the column is_sign_certain, as earlier
// versions wrote it, a sign is certain and two digits are where the bound says so.
std::vector<PairState> pair_states(const lab::Table& eigenvalues,
                                   const std::vector<std::size_t>& rows);

// Pairs of one end of some spectra.
struct EndCount {
    std::size_t pairs = 0, converged = 0;
    std::size_t with_sign = 0;  // not converged, but of a certain sign
};
struct PairCounts {
    EndCount largest, smallest;

    std::size_t pairs() const { return largest.pairs + smallest.pairs; }
    std::size_t converged() const { return largest.converged + smallest.converged; }
};
PairCounts count_pairs(const lab::Table& eigenvalues, const std::vector<std::size_t>& rows);

// "all 20 largest eigenvalues converged; of the 20 smallest eigenvalues 5 converged, 9 have a
// certain sign alone, the sign of 6 is not known". Ends without pairs are left out.
std::string in_words(const PairCounts& counts);

// The pairs among these rows that have not converged, each with what is known of it:
// "smallest 2: -0.00023 ± 4e-05, certainly negative". Empty when all have.
std::string missing_pairs(const lab::Table& eigenvalues, const std::vector<std::size_t>& rows);

// A value with the error that its bound leaves: "0.1234" where four digits are certain, otherwise
// "-0.00023 ± 4e-05"; a dash for NaN.
std::string with_bound(double value, double bound);

}  // namespace dualtape::analyses
