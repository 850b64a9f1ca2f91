namespace Casemate.Attestation.Sgx;

/// <summary>
/// What a verified PCK certificate says of its machine. Source: Intel SGX PCK Certificate and CRL Profile, section 1.3.5.
/// </summary>
public sealed record PckPlatform
{
    /// <summary>FMSPC, 6 bytes: family, model, stepping, platform and SKU. Names the TCB info to use.</summary>
    public required byte[] Fmspc { get; init; }

    /// <summary>PCEID, 2 bytes.</summary>
    public required byte[] PceId { get; init; }

    /// <summary>The sixteen component SVNs of the TCB that the certificate was issued for.</summary>
    public required byte[] ComponentSvns { get; init; }

    /// <summary>PCESVN of that TCB.</summary>
    public required ushort PceSvn { get; init; }

    /// <summary>PPID, 16 bytes. Identifies one machine: keep it out of logs.</summary>
    public required byte[] Ppid { get; init; }

    /// <summary>Platform instance id, 16 bytes; null under the Processor CA. Identifies one machine: keep it out of logs.</summary>
    public byte[]? PlatformInstanceId { get; init; }

    /// <summary>Type of memory protection.</summary>
    public required SgxType SgxType { get; init; }

    /// <summary>Whether CPU packages can be added; null (unknown) under the Processor CA.</summary>
    public bool? DynamicPlatform { get; init; }

    /// <summary>Whether the registration service keeps platform root keys; null (unknown) under the Processor CA.</summary>
    public bool? CachedKeys { get; init; }

    /// <summary>Whether simultaneous multithreading is on; null (unknown) under the Processor CA.</summary>
    public bool? SmtEnabled { get; init; }
}
