using Casemate.Attestation.Snp;

namespace Casemate.Simulator.Snp;

/// <summary>
/// What the simulated key server writes into the VCEK or VLEK certificate where that departs from the machine's report.
/// Source: AMD 57230, section 3.1.
/// </summary>
public sealed record VekContent
{
    /// <summary>The TCB in the certificate (and behind the key); null: the machine's reported TCB, as it must be.</summary>
    public SnpTcb? Tcb { get; init; }

    /// <summary>The hardware id, 64 bytes (Turin: 8), VCEK only; null: the machine's chip id, as it must be.</summary>
    public byte[]? HardwareId { get; init; }

    /// <summary>The product name; null: <c>Milan-B0</c>, <c>Genoa</c> or <c>Turin</c> for a VCEK, without stepping for a VLEK.</summary>
    public string? ProductName { get; init; }

    /// <summary>The structure version; null: 0, for Turin 1.</summary>
    public int? StructVersion { get; init; }

    /// <summary>The cloud provider's id, VLEK only. Default: <c>CN=simulator.casemate.invalid</c>.</summary>
    public string CspId { get; init; } = "CN=simulator.casemate.invalid";
}
