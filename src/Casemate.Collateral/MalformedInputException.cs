namespace Casemate.Collateral;

/// <summary>
/// An input (evidence, collateral, bundle) cannot be read or is not what it should be. The message is complete for a reader:
/// which input, where in it, what is wrong, and never a secret, because evidence and collateral hold none.
/// </summary>
public sealed class MalformedInputException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="input">The file, directory, or place inside one, such as <c>bundle.json, member collateral.pck_crl</c>.</param>
    /// <param name="problem">What is wrong, with an offset or line where one is known.</param>
    /// <param name="remedy">What to do; null when the problem says it.</param>
    /// <param name="cause">The error underneath; null when there is none.</param>
    public MalformedInputException(string input, string problem, string? remedy = null, Exception? cause = null)
        : base($"{input}: {problem}", cause)
    {
        Input = input;
        Problem = problem;
        Remedy = remedy;
    }

    /// <summary>Which input.</summary>
    public string Input { get; }

    /// <summary>What is wrong with it.</summary>
    public string Problem { get; }

    /// <summary>
    /// True when the input is intact as far as one can tell, but something else than evidence, such as collateral or a text file
    /// that lies beside it. False for evidence that is damaged, too large, unreadable, or of a kind that is not supported.
    /// </summary>
    public bool IsOtherContent { get; init; }

    /// <summary>What to do about it; null when there is nothing to add.</summary>
    public string? Remedy { get; }
}
