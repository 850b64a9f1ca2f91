using System.Diagnostics;
using System.Runtime.CompilerServices;
using Casemate.Rego.Builtins;
using Casemate.Rego.Compiling;

namespace Casemate.Rego.Evaluation;

/// <summary>The state of one evaluation. Used by one thread at a time and again for the next evaluation.</summary>
internal sealed class Machine
{
    private const int StepsBetweenLooks = 4096;
    private static readonly object s_undefined = new();

    private readonly List<Frame> _frames = [];
    private readonly int _groups;
    private long _deadline;
    private long _begin;
    private long _nextLook;
    private int _depth;
    private long _bytes;

    public Machine(int groups, BuiltinTable builtins)
    {
        _groups = groups;
        Memo = new object?[groups];
        Builtins = new BuiltinContext(this, builtins);
    }

    public BuiltinContext Builtins { get; }

    public RegoEvaluation Options { get; private set; } = RegoEvaluation.Default;

    public RegoLimits Limits { get; private set; } = RegoLimits.Default;

    /// <summary>The input document; null when there is none.</summary>
    public RegoValue? Input { get; set; }

    public RegoValue Data { get; set; } = RegoObject.Empty;

    public Overrides? Overrides { get; set; }

    /// <summary>Values of rules, remembered until what they rest on is replaced.</summary>
    public object?[] Memo { get; set; }

    public List<string> Prints { get; private set; } = [];

    public Tracer? Tracer { get; private set; }

    public long Steps { get; private set; }

    public long Bytes => _bytes;

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_begin);

    public void Start(RegoValue? input, RegoValue data, RegoEvaluation options, RegoLimits limits, Tracer? tracer)
    {
        (Input, Data, Options, Limits, Tracer) = (input, data, options, limits, tracer);
        _begin = Stopwatch.GetTimestamp();
        var ticks = Math.Min(limits.Time.TotalSeconds, 1e6) * Stopwatch.Frequency;
        _deadline = _begin + (long)ticks;
        Steps = 0;
        _nextLook = Math.Min(StepsBetweenLooks, limits.Steps);
        _depth = 0;
        _bytes = 0;
        Prints = [];
        Overrides = null;
        Array.Clear(Memo);
        Builtins.Reset();
    }

    /// <summary>Drops what belonged to the evaluation, so that a kept machine keeps nothing else alive.</summary>
    public void Finish()
    {
        foreach (var frame in _frames)
        {
            frame.Clear();
        }

        (Input, Data, Overrides, Tracer, Options) = (null, RegoObject.Empty, null, null, RegoEvaluation.Default);
        Memo = Memo.Length == _groups ? Memo : new object?[_groups];
        Array.Clear(Memo);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step()
    {
        if (++Steps > _nextLook)
        {
            Look();
        }
    }

    public void Step(long count)
    {
        Steps += count;
        if (Steps > _nextLook)
        {
            Look();
        }
    }

    public void Charge(long bytes)
    {
        _bytes += bytes;
        if (_bytes > Limits.MemoryBytes)
        {
            throw new RegoEvaluationException(
                RegoErrorCode.LimitMemory, $"the evaluation made values of more than {Limits.MemoryBytes} bytes", null);
        }
    }

    public Frame Enter(int slots, RegoLocation at)
    {
        Step();
        if (_depth >= Limits.CallDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new RegoEvaluationException(RegoErrorCode.LimitDepth, $"rules call each other more than {_depth} levels deep", at);
        }

        if (_frames.Count == _depth)
        {
            _frames.Add(new Frame());
        }

        var frame = _frames[_depth++];
        frame.Prepare(slots);
        return frame;
    }

    public void Leave() => _depth--;

    public void CheckStack(RegoLocation at)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new RegoEvaluationException(RegoErrorCode.LimitDepth, "bodies and terms are nested too deeply", at);
        }
    }

    /// <summary>The value of a rule that is no function; null when undefined.</summary>
    public RegoValue? ValueOf(RuleGroup group)
    {
        if (Overrides is not null && Overrides.Covers(group.Node))
        {
            return BaseValue(group.Node);
        }

        var known = Memo[group.Id];
        if (known is null)
        {
            // Taken now: a literal under with has its own memory while it runs.
            var memo = Memo;
            known = (object?)RuleEvaluation.Evaluate(this, group) ?? s_undefined;
            memo[group.Id] = known;
        }
        else
        {
            Tracer?.Again(group);
        }

        return ReferenceEquals(known, s_undefined) ? null : (RegoValue)known;
    }

    public RegoValue? BaseValue(RuleNode node) => node.Parent is null ? Data : BaseValue(node.Parent)?.Lookup(node.Key);

    public object?[] NewMemo() => new object?[_groups];

    public RegoValue? AfterBuiltin(RegoValue? result, RegoLocation at)
    {
        if (result is null)
        {
            if (Builtins.Failure is { } failure)
            {
                Builtins.Failure = null;
                if (Options.StrictBuiltinErrors)
                {
                    throw new RegoEvaluationException(
                        Builtins.FailureIsType ? RegoErrorCode.BuiltinTypeError : RegoErrorCode.BuiltinError, failure, at);
                }

                Tracer?.Note(at, failure);
            }
        }
        else if (result is not (RegoBoolean or RegoNumber { IsSmall: true }))
        {
            Charge(result.ShallowBytes);
        }

        return result;
    }

    private void Look()
    {
        if (Steps > Limits.Steps)
        {
            throw new RegoEvaluationException(RegoErrorCode.LimitSteps, $"the evaluation took more than {Limits.Steps} steps", null);
        }

        if (Stopwatch.GetTimestamp() > _deadline)
        {
            throw new RegoEvaluationException(
                RegoErrorCode.LimitTime, $"the evaluation took more than {Limits.Time.TotalMilliseconds:F0} ms", null);
        }

        if (Options.CancellationToken.IsCancellationRequested)
        {
            throw new RegoEvaluationException(RegoErrorCode.Cancelled, "the evaluation was cancelled", null);
        }

        _nextLook = Math.Min(Steps + StepsBetweenLooks, Limits.Steps);
    }
}
