using Casemate.Rego.Compiling;
using Casemate.Rego.Evaluation;

namespace Casemate.Rego;

/// <summary>A query that is ready to be asked. Immutable; any number of threads may ask it.</summary>
public sealed class PreparedQuery
{
    private readonly CompiledPolicy _policy;
    private readonly QueryPlan _plan;
    private readonly Lazy<QueryPlan> _traced;

    internal PreparedQuery(CompiledPolicy policy, string text, QueryPlan plan)
    {
        (_policy, Text, _plan) = (policy, text, plan);
        _traced = new Lazy<QueryPlan>(() => policy.Traced.PlanTraced(text));
    }

    /// <summary>The query as it was prepared.</summary>
    public string Text { get; }

    /// <summary>Asks the query. Errors are part of the result; nothing is thrown.</summary>
    /// <param name="input">The document <c>input</c>; null when there is none, so that references to it are undefined.</param>
    /// <param name="data">The base document <c>data</c>; null for an empty one.</param>
    /// <param name="options">Limits and what of the world is seen; null for the defaults.</param>
    public RegoResult Evaluate(RegoValue? input, RegoValue? data = null, RegoEvaluation? options = null)
    {
        options ??= RegoEvaluation.Default;
        return options.Trace || options.Coverage is not null
            ? Run(_policy.Traced, _traced.Value, input, data, options, new Tracer(options.Trace, options.Coverage))
            : Run(_policy, _plan, input, data, options, null);
    }

    /// <summary>Asks the query with documents as JSON text. Text that is refused becomes an error of the result.</summary>
    /// <param name="inputJson">The document <c>input</c>, UTF-8; empty when there is none.</param>
    /// <param name="dataJson">The base document <c>data</c>, UTF-8; empty for an empty one.</param>
    /// <param name="options">Limits and what of the world is seen; null for the defaults.</param>
    public RegoResult EvaluateJson(ReadOnlyMemory<byte> inputJson, ReadOnlyMemory<byte> dataJson = default, RegoEvaluation? options = null)
    {
        RegoValue? input = null;
        RegoValue? data = null;
        string? error = null;
        if ((!inputJson.IsEmpty && !RegoValue.TryReadJson(inputJson, out input, out error))
            || (!dataJson.IsEmpty && !RegoValue.TryReadJson(dataJson, out data, out error)))
        {
            var which = input is null && !inputJson.IsEmpty ? "input" : "data";
            return new RegoResult
            {
                Error = new RegoError(RegoErrorCode.InvalidDocument, $"the document {which} is refused: {error}",
                null)
            };
        }

        return Evaluate(input, data, options);
    }

    /// <summary>Asks the query and explains, for each rule that it asked for, which attempts failed where and why.</summary>
    /// <param name="input">The document <c>input</c>; null when there is none.</param>
    /// <param name="data">The base document <c>data</c>; null for an empty one.</param>
    /// <param name="options">Limits and what of the world is seen; null for the defaults.</param>
    /// <param name="result">The answer itself.</param>
    /// <returns>One explanation per rule that the query names; empty when the evaluation ended with an error.</returns>
    public IReadOnlyList<RegoExplanation> Explain(RegoValue? input, RegoValue? data, RegoEvaluation? options, out RegoResult result)
    {
        var tracer = new Tracer(collectEvents: false, options?.Coverage);
        result = Run(_policy.Traced, _traced.Value, input, data, options ?? RegoEvaluation.Default, tracer);
        return result.Error is null ? tracer.Roots : [];
    }

    private static RegoResult Run(
        CompiledPolicy policy, QueryPlan plan, RegoValue? input, RegoValue? data, RegoEvaluation options, Tracer? tracer)
    {
        var machine = policy.Rent();
        try
        {
            machine.Start(input, data ?? RegoObject.Empty, options, options.Limits, tracer);
            var frame = machine.Enter(plan.Plan.Slots, plan.Plan.At);
            var rows = new Collector();
            frame.Out = rows;
            plan.Plan.Start.Run(machine, frame);
            return Answer(plan, rows.ToArray(), machine, tracer);
        }
        catch (RegoEvaluationException e)
        {
            return new RegoResult { Error = e.Error, Prints = machine.Prints, Trace = tracer?.Events ?? [], Statistics = Cost(machine) };
        }
        catch (NestedTooDeeplyException e)
        {
            var error = new RegoError(RegoErrorCode.LimitDepth, e.Message, null);
            return new RegoResult { Error = error, Prints = machine.Prints, Trace = tracer?.Events ?? [], Statistics = Cost(machine) };
        }
        finally
        {
            policy.Return(machine);
        }
    }

    private static RegoResult Answer(QueryPlan plan, RegoArray rows, Machine machine, Tracer? tracer)
    {
        var bindings = new RegoObject[rows.Count];
        for (var i = 0; i < bindings.Length; i++)
        {
            var row = ((RegoArray)rows[i]).Items;
            bindings[i] = plan.Names.Length == 0
                ? RegoObject.Empty
                : RegoObject.OwnDistinct([.. plan.Names], row[..plan.Names.Length].ToArray());
        }

        return new RegoResult
        {
            Bindings = bindings,
            Value = plan.HasValue && rows.Count > 0 ? ((RegoArray)rows[0]).Items[^1] : null,
            Prints = machine.Prints,
            Trace = tracer?.Events ?? [],
            Statistics = Cost(machine),
        };
    }

    private static RegoStatistics Cost(Machine machine) => new(machine.Steps, machine.Bytes, machine.Elapsed);
}
