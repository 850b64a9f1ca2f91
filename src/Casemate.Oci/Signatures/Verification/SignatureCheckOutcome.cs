namespace Casemate.Oci.Signatures;

/// <summary>How a check of a signature ended. Closed; names are public API and appear in JSON.</summary>
public enum SignatureCheckOutcome
{
    /// <summary>The answer is no. The default, so that a forgotten assignment refuses.</summary>
    Failed = 0,
    /// <summary>The answer is yes.</summary>
    Passed,
    /// <summary>Not asked, because neither the policy nor the trusted root wants it; the reason is beside it.</summary>
    Skipped,
    /// <summary>Cannot be answered by this program, such as for a kind of key that it does not know. Refuses like a failure.</summary>
    Unsupported,
}
