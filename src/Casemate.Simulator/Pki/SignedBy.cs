namespace Casemate.Simulator.Pki;

/// <summary>Whose key makes a signature.</summary>
public enum SignedBy
{
    /// <summary>The key that a verifier expects.</summary>
    Owner,

    /// <summary>Another key of the same kind, unrelated to the chain: the signature is well-formed and does not verify.</summary>
    Stranger,
}
