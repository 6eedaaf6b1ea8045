#pragma once
// Random programs of builders, from the op table: the same graph in any scalar, and as text.

#include <cstdint>
#include <optional>
#include <span>

#include "engine/core/point.h"
#include "tests/support/op_list.h"
#include "tests/support/random.h"

namespace dualtape::testing {

// Decisions of the generator: from a seed, or from bytes (a fuzzer's), then zeros.
class Choices {
  public:
    explicit Choices(std::uint64_t seed) : seed_(seed) {}
    explicit Choices(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

    // In 0 .. n-1.
    Index below(Index n);
    bool one_in(Index n) { return below(n) == 0; }
    template <class Value>
    const Value& pick(const std::vector<Value>& values) {
        return values[static_cast<std::size_t>(below(static_cast<Index>(values.size())))];
    }

  private:
    std::uint64_t seed_ = 0, counter_ = 0;
    std::optional<std::span<const std::uint8_t>> bytes_;
};

// Data of every source and the value of every node come with the program; values are computed by
// the formulas of the table, independently of the engine.
struct RandomProgram {
    struct Instruction {
        enum class Kind { source, op, scale } kind = Kind::op;
        OpSlot slot;    // source: what it is; others: what came out
        OpSizes sizes;  // op: its row in op_list(sizes)
        std::size_t row = 0;
        double factor = 1;  // scale
        std::vector<int> inputs;
        std::string name;  // empty for ops without one
        bool depends_on_parameters = false;
        Mat<double> value;
    };
    struct EditSpec {
        int node;
        Mat<double> keep, put, remove;
    };

    std::vector<Instruction> nodes;
    int loss = -1;
    Index samples = 1;
    Options options;
    std::vector<EditSpec> edits;

    // 10 to 40 ops on shared inputs, fixed and sample, some of them dead, named, edited or frozen.
    static RandomProgram make(Choices& choices);

    double loss_value() const { return nodes[static_cast<std::size_t>(loss)].value.mean(); }
    Index num_parameters() const;
    // The program that builds the graph, to paste into a test.
    std::string text() const;

    template <class Scalar>
    Var<Scalar> build(Graph<Scalar>& graph) const {
        std::vector<Var<Scalar>> vars;
        for (const Instruction& node : nodes) {
            std::vector<Var<Scalar>> inputs;
            for (const int i : node.inputs) inputs.push_back(vars[static_cast<std::size_t>(i)]);
            if (node.kind == Instruction::Kind::scale) {
                vars.push_back(scale(inputs[0], node.factor));
            } else if (node.kind == Instruction::Kind::op) {
                vars.push_back(op_list<Scalar>(node.sizes)[node.row].build(inputs));
            } else if (node.slot.kind == OpSlot::Kind::tokens) {
                vars.push_back(graph.tokens(node.name, node.slot.span));
            } else if (node.slot.is_fixed()) {
                vars.push_back(graph.parameter(node.name, node.slot.rows, node.slot.span));
            } else {
                vars.push_back(graph.input(node.name, node.slot.rows, node.slot.span));
            }
            if (node.kind != Instruction::Kind::source && !node.name.empty()) {
                graph.name(node.name, vars.back());
            }
        }
        return vars[static_cast<std::size_t>(loss)];
    }
};

// A compiled program with its data.
template <class Scalar>
struct ProgramSetup {
    ProgramSetup(const RandomProgram& program, Options options, int threads = 1)
        : loss(program.build(graph)),
          model(graph, loss, std::move(options)),
          work(model, threads),
          batch(model.batch()),
          theta(model.size()) {
        Index offset = 0;
        for (const auto& node : program.nodes) {
            if (node.kind != RandomProgram::Instruction::Kind::source) continue;
            if (node.slot.is_fixed()) {
                theta.segment(offset, node.value.size()) =
                    node.value.reshaped().template cast<Scalar>();
                offset += node.value.size();
            } else if (node.slot.kind == OpSlot::Kind::tokens) {
                tokens.emplace_back();
                for (Index i = 0; i < node.value.size(); ++i) {
                    tokens.back().push_back(static_cast<std::int32_t>(node.value.data()[i]));
                }
                batch.set(node.name, tokens.back().data(), node.value.size());
            } else {
                inputs.push_back(node.value.template cast<Scalar>());
                const Mat<Scalar>& x = inputs.back();
                batch.set(node.name, Eigen::Map<const Mat<Scalar>>(x.data(), x.rows(), x.cols()));
            }
        }
    }
    ProgramSetup(const ProgramSetup&) = delete;

    void apply_edits(const RandomProgram& program) {
        std::vector<Edit<Scalar>> edits;
        for (const auto& edit : program.edits) {
            const auto& name = program.nodes[static_cast<std::size_t>(edit.node)].name;
            edits.push_back({model.node(name), edit.keep.template cast<Scalar>(),
                             edit.put.template cast<Scalar>(),
                             edit.remove.template cast<Scalar>()});
        }
        work.edit(std::move(edits));
    }

    Graph<Scalar> graph;
    Var<Scalar> loss;
    Model<Scalar> model;
    Workspace<Scalar> work;
    Batch<Scalar> batch;
    std::vector<Mat<Scalar>> inputs;
    std::vector<std::vector<std::int32_t>> tokens;
    Vec<Scalar> theta;
};

}  // namespace dualtape::testing
