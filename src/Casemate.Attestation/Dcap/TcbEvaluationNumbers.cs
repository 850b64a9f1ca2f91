namespace Casemate.Attestation.Dcap;

/// <summary>
/// The generations of TCB infos and identities that Intel keeps up, and the TCB recovery that each belongs to. Verifies no evidence: it
/// says which generation may be pinned. Source: Intel PCS API v4, "Retrieve TCB Evaluation Data Numbers".
/// </summary>
internal sealed record TcbEvaluationNumbers
{
    /// <summary>SGX or TDX.</summary>
    public required Tee Tee { get; init; }

    public required DateTimeOffset IssueDate { get; init; }

    public required DateTimeOffset NextUpdate { get; init; }

    /// <summary>The numbers, from 1, each once; at least one.</summary>
    public required int[] Numbers { get; init; }

    /// <summary>Parses the body of the document.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> body, out TcbEvaluationNumbers? numbers, out string error) =>
        CollateralJson.TryRead(body, Read, out numbers, out error);

    private static TcbEvaluationNumbers Read(CollateralJson json)
    {
        var version = json.Number("version", int.MaxValue);
        if (version != 1)
        {
            throw new CollateralFormatException(
                $"{CollateralJson.UnsupportedVersion}: TCB evaluation data numbers of version {version}, supported is 1");
        }

        var tee = json.Text("id") switch
        {
            "SGX" => Tee.Sgx,
            "TDX" => Tee.Tdx,
            _ => throw json.Error("id", "is not SGX or TDX"),
        };
        var numbers = new List<int>();
        foreach (var item in json.Objects("tcbEvalNumbers"))
        {
            var number = item.Number("tcbEvaluationDataNumber", int.MaxValue);
            if (number == 0 || numbers.Contains(number))
            {
                throw item.Error("tcbEvaluationDataNumber", "is 0, or there twice");
            }

            _ = item.Time("tcbRecoveryEventDate");
            _ = item.Time("tcbDate");
            numbers.Add(number);
        }

        return new TcbEvaluationNumbers
        {
            Tee = tee,
            IssueDate = json.Time("issueDate"),
            NextUpdate = json.Time("nextUpdate"),
            Numbers = numbers.Count > 0 ? [.. numbers] : throw json.Error("tcbEvalNumbers", "is empty"),
        };
    }
}
