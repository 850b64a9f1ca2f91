using System.Collections.Immutable;

namespace Casemate.Serve;

/// <summary>A service cannot start. The message lists every problem, one a line, each with what to do.</summary>
public sealed class ServeStartException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="problems">At least one.</param>
    /// <param name="innerException">What failed underneath; null for wrong options.</param>
    public ServeStartException(ImmutableArray<string> problems, Exception? innerException = null)
        : base(string.Join(Environment.NewLine, problems), innerException) => Problems = problems;

    /// <summary>The problems.</summary>
    public ImmutableArray<string> Problems { get; }
}
