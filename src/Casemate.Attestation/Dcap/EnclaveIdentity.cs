using Casemate.Attestation.Policy;

namespace Casemate.Attestation.Dcap;

/// <summary>
/// A parsed QE identity, version 2: what a genuine quoting enclave looks like. Source: Intel PCS API v3 and v4,
/// "Get Quoting Enclave Identity".
/// </summary>
internal sealed record EnclaveIdentity
{
    /// <summary>QE (for SGX), TD_QE (for TDX) or QVE.</summary>
    public required string Id { get; init; }

    public required DateTimeOffset IssueDate { get; init; }

    public required DateTimeOffset NextUpdate { get; init; }

    public required int EvaluationDataNumber { get; init; }

    /// <summary>4 bytes in memory order.</summary>
    public required MaskedValue MiscSelect { get; init; }

    /// <summary>16 bytes.</summary>
    public required MaskedValue Attributes { get; init; }

    /// <summary>32 bytes.</summary>
    public required byte[] MrSigner { get; init; }

    public required ushort IsvProdId { get; init; }

    /// <summary>Newest first.</summary>
    public required IsvSvnLevel[] Levels { get; init; }

    /// <summary>Parses the body of a QE identity.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> body, out EnclaveIdentity? identity, out string error) =>
        CollateralJson.TryRead(body, Read, out identity, out error);

    private static EnclaveIdentity Read(CollateralJson json)
    {
        var version = json.Number("version", int.MaxValue);
        if (version != 2)
        {
            // Version 1 (member 'qeIdentity' of its file) has one ISVSVN instead of levels, so it cannot give a status.
            throw new CollateralFormatException(version == 1
                ? $"{CollateralJson.UnsupportedVersion}: QE identity version 1 ('qeIdentity') is retired; fetch version 2 ('enclaveIdentity') "
                    + "from /sgx/certification/v4/qe/identity, for TDX from /tdx/certification/v4/qe/identity"
                : $"{CollateralJson.UnsupportedVersion}: QE identity version {version}, supported is 2");
        }

        var id = json.Text("id");
        if (id is not ("QE" or "TD_QE" or "QVE"))
        {
            throw json.Error("id", "is not QE, TD_QE or QVE");
        }

        return new EnclaveIdentity
        {
            Id = id,
            IssueDate = json.Time("issueDate"),
            NextUpdate = json.Time("nextUpdate"),
            EvaluationDataNumber = json.Number("tcbEvaluationDataNumber", int.MaxValue),
            MiscSelect = new MaskedValue(json.Bytes("miscselect", 4), json.Bytes("miscselectMask", 4)),
            Attributes = new MaskedValue(json.Bytes("attributes", 16), json.Bytes("attributesMask", 16)),
            MrSigner = json.Bytes("mrsigner", 32),
            IsvProdId = (ushort)json.Number("isvprodid", ushort.MaxValue),
            Levels = IsvSvnLevel.ReadAll(json),
        };
    }
}
