#include "tests/support/random_graph.h"

#include <algorithm>
#include <map>
#include <sstream>
#include <tuple>

namespace dualtape::testing {

namespace {

using Instruction = RandomProgram::Instruction;
using Kind = OpSlot::Kind;

std::size_t at(int i) { return static_cast<std::size_t>(i); }

const std::vector<OpRow<double>>& rows_of(const OpSizes& sizes) {
    static std::map<std::tuple<Index, Index, Index, Index>, std::vector<OpRow<double>>> cache;
    auto& rows = cache[{sizes.n, sizes.k, sizes.T, sizes.p}];
    if (rows.empty()) rows = op_list<double>(sizes);
    return rows;
}

// Grows one program.
class Generator {
  public:
    explicit Generator(Choices& choices) : choices_(choices) {}

    RandomProgram run() {
        program_.samples = choices_.one_in(4) ? 1 + choices_.below(100) : 1 + choices_.below(7);
        program_.options.chunk_bytes = choices_.one_in(2) ? 1 : std::size_t{1} << 19;
        const Index target = 10 + choices_.below(31);
        for (Index tries = 0, ops = 0; ops < target && tries < 400; ++tries)
            ops += add_op() ? 1 : 0;
        finish_loss();
        decorate();
        return std::move(program_);
    }

  private:
    int add(Instruction node) {
        for (const int input : node.inputs) {
            ++readers_[at(input)];
            node.depends_on_parameters |= program_.nodes[at(input)].depends_on_parameters;
        }
        program_.nodes.push_back(std::move(node));
        readers_.push_back(0);
        return static_cast<int>(program_.nodes.size()) - 1;
    }

    int add_source(const OpSlot& slot) {
        Instruction node;
        node.kind = Instruction::Kind::source;
        node.slot = slot;
        if (slot.kind == Kind::data) node.slot.kind = Kind::sample;
        const auto id = program_.nodes.size();
        node.name = (slot.is_fixed()             ? "p"
                     : slot.kind == Kind::tokens ? "t"
                                                 : "x") +
                    std::to_string(id);
        node.depends_on_parameters = slot.is_fixed();
        const Index columns = slot.columns(program_.samples);
        if (slot.kind == Kind::tokens) {
            node.value = Mat<double>(1, columns);
            for (Index c = 0; c < columns; ++c) {
                node.value(0, c) = static_cast<double>(choices_.below(slot.limit));
            }
        } else {
            node.value = uniform_matrix(slot.rows, columns,
                                        static_cast<std::uint64_t>(choices_.below(1 << 30)));
        }
        return add(std::move(node));
    }

    bool fits(const Instruction& node, const OpSlot& slot) const {
        const bool is_tokens = node.slot.kind == Kind::tokens;
        if (is_tokens != (slot.kind == Kind::tokens) || node.slot.is_fixed() != slot.is_fixed() ||
            node.slot.rows != slot.rows || node.slot.span != slot.span) {
            return false;
        }
        if (is_tokens) return node.slot.limit <= slot.limit;
        return slot.kind != Kind::data || !node.depends_on_parameters;
    }

    // Sizes that suit some node that exists.
    OpSizes draw_sizes() {
        const auto size = [&] { return 1 + choices_.below(5); };
        OpSizes sizes{size(), size(), 1 + choices_.below(3), size()};
        if (program_.nodes.empty() || choices_.one_in(6)) return sizes;
        // Late nodes are drawn more often: depth.
        const auto count = static_cast<Index>(program_.nodes.size());
        const Index id = std::max(choices_.below(count), choices_.below(count));
        const OpSlot& slot = program_.nodes[at(static_cast<int>(id))].slot;
        (choices_.one_in(2) ? sizes.n : sizes.k) = slot.rows;
        if (!slot.is_fixed()) {
            sizes.T = slot.span;
        } else if (choices_.one_in(2)) {
            sizes.p = slot.span;
        } else {
            sizes.k = slot.span;
        }
        return sizes;
    }

    bool add_op() {
        const OpSizes sizes = draw_sizes();
        const auto& rows = rows_of(sizes);
        const auto index =
            static_cast<std::size_t>(choices_.below(static_cast<Index>(rows.size())));
        const OpRow<double>& row = rows[index];
        std::vector<int> inputs;
        int fresh = 0;
        for (const OpSlot& slot : row.inputs) {
            std::vector<int> candidates;
            for (int i = 0; i < static_cast<int>(program_.nodes.size()); ++i) {
                if (fits(program_.nodes[at(i)], slot)) candidates.push_back(i);
            }
            if (candidates.empty() || choices_.one_in(8)) {
                inputs.push_back(-1);
                fresh += slot.kind == Kind::tokens || slot.kind == Kind::data ? 0 : 1;
            } else {
                inputs.push_back(choices_.pick(candidates));
            }
        }
        if (fresh == static_cast<int>(row.inputs.size()) && program_.nodes.size() > 4) return false;
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            if (inputs[i] < 0) inputs[i] = add_source(row.inputs[i]);
        }
        return add_row(sizes, index, std::move(inputs)) >= 0;
    }

    int add_row(const OpSizes& sizes, std::size_t index, std::vector<int> inputs) {
        Instruction node;
        node.sizes = sizes;
        node.row = index;
        node.inputs = std::move(inputs);
        std::vector<Mat<double>> values;
        std::vector<Shape> shapes;
        for (const int input : node.inputs) values.push_back(program_.nodes[at(input)].value);
        node.value = rows_of(sizes)[index].formula(values);
        if (!node.value.allFinite() || node.value.cwiseAbs().maxCoeff() > 1e3 ||
            node.value.size() == 0) {
            return -1;
        }
        const bool is_fixed = std::all_of(node.inputs.begin(), node.inputs.end(), [&](int i) {
            return program_.nodes[at(i)].slot.is_fixed();
        });
        node.slot.kind = is_fixed ? Kind::fixed : Kind::sample;
        node.slot.rows = node.value.rows();
        node.slot.span = node.value.cols() / (is_fixed ? 1 : program_.samples);
        const double largest = node.value.cwiseAbs().maxCoeff();
        const int id = add(std::move(node));
        return largest > 3 ? add_scale(id, 2 / largest) : id;
    }

    int add_scale(int input, double factor) {
        Instruction node;
        node.kind = Instruction::Kind::scale;
        node.factor = factor;
        node.inputs = {input};
        node.slot = program_.nodes[at(input)].slot;
        node.value = factor * program_.nodes[at(input)].value;
        return add(std::move(node));
    }

    // The row of that name and variant applied to a node, sizes by its shape.
    int apply(const std::string& name, const std::string& variant, std::vector<int> inputs) {
        const OpSlot slot = program_.nodes[at(inputs[0])].slot;
        const OpSizes sizes{slot.rows, slot.is_fixed() ? slot.span : 1,
                            slot.is_fixed() ? 1 : slot.span, 1};
        const auto& rows = rows_of(sizes);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (rows[i].name == name && rows[i].variant == variant) {
                return add_row(sizes, i, std::move(inputs));
            }
        }
        throw std::logic_error("random graph: no row " + name + " " + variant);
    }

    // Most ends of the graph become one row with one column per sample (or in all), and are added.
    void finish_loss() {
        std::vector<int> ends;
        for (int i = 0; i < static_cast<int>(program_.nodes.size()); ++i) {
            const Instruction& node = program_.nodes[at(i)];
            const bool is_end = readers_[at(i)] == 0 && node.kind != Instruction::Kind::source;
            if (is_end && !choices_.one_in(5)) ends.push_back(i);
        }
        if (ends.empty()) ends.push_back(static_cast<int>(program_.nodes.size()) - 1);
        int sample = -1, fixed = -1;
        for (int end : ends) {
            const OpSlot slot = program_.nodes[at(end)].slot;
            if (slot.kind == Kind::tokens) continue;
            if (slot.is_fixed()) {
                if (slot.rows != 1 || slot.span != 1) end = apply("sum_squares", "fixed", {end});
                if (end < 0) continue;
                fixed = fixed < 0 ? end : apply("add", "fixed", {fixed, end});
            } else {
                if (slot.rows != 1 || choices_.one_in(2)) end = apply("sum_squares", "", {end});
                if (end >= 0 && slot.span != 1) end = apply("mean_positions", "sample", {end});
                if (end < 0) continue;
                sample = sample < 0 ? end : apply("add", "", {sample, end});
            }
        }
        program_.loss = sample < 0 ? fixed : sample;
        if (sample >= 0 && fixed >= 0) program_.loss = apply("add", "column", {sample, fixed});
    }

    // Names, taps with edits, frozen parameters. The loss may be one of them.
    void decorate() {
        for (int i = 0; i < static_cast<int>(program_.nodes.size()); ++i) {
            Instruction& node = program_.nodes[at(i)];
            const bool is_parameter =
                node.kind == Instruction::Kind::source && node.slot.is_fixed();
            if (is_parameter) {
                if (choices_.one_in(7)) program_.options.frozen.push_back(node.name);
                continue;
            }
            if (node.slot.kind == Kind::tokens || !choices_.one_in(4)) continue;
            if (node.name.empty()) node.name = "node" + std::to_string(i);
            if (!choices_.one_in(2)) continue;
            program_.options.taps.push_back(node.name);
            if (choices_.one_in(2)) program_.edits.push_back(draw_edit(i));
        }
    }

    RandomProgram::EditSpec draw_edit(int id) {
        const OpSlot& slot = program_.nodes[at(id)].slot;
        RandomProgram::EditSpec edit{id, {}, {}, {}};
        const Index all = slot.columns(program_.samples);
        const auto seed = static_cast<std::uint64_t>(choices_.below(1 << 30));
        const auto columns = [&] { return choices_.one_in(2) ? all : Index{1}; };
        if (!choices_.one_in(3)) edit.keep = uniform_matrix(slot.rows, columns(), seed, 0.3, 1.2);
        if (!choices_.one_in(3)) edit.put = uniform_matrix(slot.rows, columns(), seed + 1);
        if (slot.rows > 1 && choices_.one_in(3)) {
            const Mat<double> q = uniform_matrix(slot.rows, 1, seed + 2);
            edit.remove = q / q.norm();
        }
        return edit;
    }

    Choices& choices_;
    RandomProgram program_;
    std::vector<int> readers_;
};

}  // namespace

Index Choices::below(Index n) {
    if (n <= 1) return 0;
    if (bytes_) {
        std::uint64_t value = 0;
        for (Index range = n; range > 1 && counter_ < bytes_->size(); range = (range + 255) / 256) {
            value = value * 256 + (*bytes_)[counter_++];
        }
        return static_cast<Index>(value % static_cast<std::uint64_t>(n));
    }
    return static_cast<Index>(kernels::uniform_at<double>(seed_, counter_++) *
                              static_cast<double>(n));
}

RandomProgram RandomProgram::make(Choices& choices) { return Generator(choices).run(); }

Index RandomProgram::num_parameters() const {
    Index count = 0;
    for (const Instruction& node : nodes) {
        if (node.kind == Instruction::Kind::source && node.slot.is_fixed()) {
            count += node.value.size();
        }
    }
    return count;
}

std::string RandomProgram::text() const {
    std::ostringstream text;
    text.precision(17);
    text << "// " << samples << " samples, chunk_bytes " << options.chunk_bytes << '\n';
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const Instruction& node = nodes[i];
        std::string inputs;
        for (const int input : node.inputs) {
            inputs += (inputs.empty() ? "v" : ", v") + std::to_string(input);
        }
        std::ostringstream call;
        call.precision(17);
        if (node.kind == Instruction::Kind::source) {
            const char* kind = node.slot.is_fixed()             ? "parameter"
                               : node.slot.kind == Kind::tokens ? "tokens"
                                                                : "input";
            call << "g." << kind << "(\"" << node.name << "\"";
            if (node.slot.kind != Kind::tokens) call << ", " << node.slot.rows;
            call << ", " << node.slot.span << ')';
        } else if (node.kind == Instruction::Kind::scale) {
            call << "scale(" << inputs << ", " << node.factor << ')';
        } else {
            const OpRow<double>& row = rows_of(node.sizes)[node.row];
            const bool is_list = row.name == "concat_rows";
            call << row.name << (is_list ? "<Scalar>({" : "(") << inputs << (is_list ? "}" : "")
                 << row.arguments << ')';
        }
        const bool is_named_op = node.kind != Instruction::Kind::source && !node.name.empty();
        text << "const auto v" << i << " = "
             << (is_named_op ? "g.name(\"" + node.name + "\", " + call.str() + ")" : call.str())
             << ";\n";
    }
    text << "return v" << loss << ";\n";
    for (const std::string& name : options.frozen) text << "// frozen " << name << '\n';
    for (const std::string& name : options.taps) text << "// tap " << name << '\n';
    for (const EditSpec& edit : edits) {
        text << "// edit " << nodes[at(edit.node)].name << ": keep " << edit.keep.rows() << 'x'
             << edit.keep.cols() << ", put " << edit.put.rows() << 'x' << edit.put.cols()
             << ", remove " << edit.remove.rows() << 'x' << edit.remove.cols() << '\n';
    }
    return text.str();
}

}  // namespace dualtape::testing
