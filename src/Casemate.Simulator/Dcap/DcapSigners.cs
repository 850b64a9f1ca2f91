using Casemate.Simulator.Pki;

namespace Casemate.Simulator.Dcap;

/// <summary>Whose key makes each signature of SGX and TDX evidence. Default: everywhere the proper owner.</summary>
/// <example>
/// A quoting enclave's report that no PCK signed, all else being genuine:
/// <code>var forged = platform.Dcap.With(s => s with { Signers = new() { QeReport = SignedBy.Stranger } });</code>
/// </example>
public sealed record DcapSigners
{
    /// <summary>The PCK CA's certificate (owner: the root).</summary>
    public SignedBy PckCa { get; init; }

    /// <summary>The PCK certificate (owner: the PCK CA).</summary>
    public SignedBy Pck { get; init; }

    /// <summary>The TCB signing certificate (owner: the root).</summary>
    public SignedBy TcbSigner { get; init; }

    /// <summary>The root CA's CRL (owner: the root).</summary>
    public SignedBy RootCrl { get; init; }

    /// <summary>The PCK CA's CRL (owner: the PCK CA).</summary>
    public SignedBy PckCrl { get; init; }

    /// <summary>The TCB info (owner: the TCB signer).</summary>
    public SignedBy TcbInfo { get; init; }

    /// <summary>The QE identity (owner: the TCB signer).</summary>
    public SignedBy QeIdentity { get; init; }

    /// <summary>The quoting enclave's report (owner: the PCK).</summary>
    public SignedBy QeReport { get; init; }

    /// <summary>The quote (owner: the attestation key that the quote carries).</summary>
    public SignedBy Quote { get; init; }
}
