using System.Globalization;

namespace Casemate.Attestation.Dcap;

/// <summary>
/// A parsed TCB info, version 2 or 3: which SVNs of a platform family have which status. Source: Intel PCS API v3 and v4,
/// "Get TCB Info".
/// </summary>
internal sealed record TcbInfo
{
    /// <summary>2 or 3.</summary>
    public required int Version { get; init; }

    /// <summary>SGX or TDX; version 2 is for SGX only.</summary>
    public required Tee Tee { get; init; }

    public required DateTimeOffset IssueDate { get; init; }

    public required DateTimeOffset NextUpdate { get; init; }

    /// <summary>6 bytes.</summary>
    public required byte[] Fmspc { get; init; }

    /// <summary>2 bytes; null when a version 2 document leaves it out, and then it matches no platform.</summary>
    public required byte[]? PceId { get; init; }

    public required int EvaluationDataNumber { get; init; }

    /// <summary>The general TDX module; null for SGX.</summary>
    public required TdxModuleIdentity? TdxModule { get; init; }

    /// <summary>Identities by major version; empty for SGX.</summary>
    public required TdxModuleIdentity[] TdxModuleIdentities { get; init; }

    /// <summary>Newest first.</summary>
    public required TcbLevel[] Levels { get; init; }

    /// <summary>What the newest level calls each SGX component, for people; empty strings where it gives no name.</summary>
    public required string[] SgxComponentNames { get; init; }

    /// <summary>What the newest level calls each TDX component, for people; empty strings where it gives no name.</summary>
    public required string[] TdxComponentNames { get; init; }

    /// <summary>The evaluation number for people, made once per document.</summary>
    public string EvaluationDataNumberText => field ??= EvaluationDataNumber.ToString(CultureInfo.InvariantCulture);

    /// <summary>The platform family for people, made once per document.</summary>
    public string PlatformText => field ??=
        $"FMSPC {Convert.ToHexStringLower(Fmspc)}, PCEID {(PceId is null ? "absent" : Convert.ToHexStringLower(PceId))}";

    /// <summary>Parses the body of a TCB info.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> body, out TcbInfo? tcbInfo, out string error) =>
        CollateralJson.TryRead(body, Read, out tcbInfo, out error);

    private static TcbInfo Read(CollateralJson json)
    {
        var version = json.Number("version", int.MaxValue);
        if (version is not (2 or 3))
        {
            throw new CollateralFormatException(version == 1
                ? $"{CollateralJson.UnsupportedVersion}: TCB info version 1 is retired; fetch version 3 from "
                    + "/sgx/certification/v4/tcb?fmspc=FMSPC, for TDX from /tdx/certification/v4/tcb?fmspc=FMSPC"
                : $"{CollateralJson.UnsupportedVersion}: TCB info version {version}, supported are 2 and 3");
        }

        var tee = version == 2 ? Tee.Sgx : json.Text("id") switch
        {
            "SGX" => Tee.Sgx,
            "TDX" => Tee.Tdx,
            var id => throw json.Error("id", $"is '{Clip(id)}', not SGX or TDX"),
        };
        if (json.Number("tcbType", int.MaxValue) != 0)
        {
            throw json.Error("tcbType", "is not 0");
        }

        var isTdx = tee is Tee.Tdx;
        foreach (var name in (ReadOnlySpan<string>)["tdxModule", "tdxModuleIdentities"])
        {
            if (!isTdx && json.Has(name))
            {
                throw json.Error(name, "stands in a TCB info for SGX");
            }
        }

        var levels = new List<TcbLevel>();
        string[] sgxNames = [], tdxNames = [];
        foreach (var item in json.Objects("tcbLevels"))
        {
            var tcb = item.Object("tcb");
            var sgx = version == 2 ? ReadNumberedComponents(tcb) : ReadComponents(tcb, "sgxtcbcomponents", ref sgxNames);
            var tdx = isTdx ? ReadComponents(tcb, "tdxtcbcomponents", ref tdxNames) : null;
            levels.Add(new TcbLevel(
                sgx, (ushort)tcb.Number("pcesvn", ushort.MaxValue), tdx,
                item.Time("tcbDate"), item.Status("tcbStatus"), item.OptionalTexts("advisoryIDs")));
        }

        if (levels.Count == 0)
        {
            throw json.Error("tcbLevels", "is empty");
        }

        // The service delivers levels newest first and readers differ in whether they rely on it: one canonical order settles it.
        levels.Sort();
        for (var i = 1; i < levels.Count; i++)
        {
            if (levels[i].CompareTo(levels[i - 1]) == 0)
            {
                throw json.Error("tcbLevels", "has two levels with the same SVNs");
            }
        }

        var identities = isTdx && json.Has("tdxModuleIdentities")
            ? json.Objects("tdxModuleIdentities").ConvertAll(TdxModuleIdentity.ReadVersioned).ToArray()
            : [];
        if (identities.DistinctBy(i => i.Major).Count() != identities.Length)
        {
            throw json.Error("tdxModuleIdentities", "names one module twice");
        }

        return new TcbInfo
        {
            Version = version,
            Tee = tee,
            IssueDate = json.Time("issueDate"),
            NextUpdate = json.Time("nextUpdate"),
            Fmspc = json.Bytes("fmspc", 6),
            PceId = version == 2 && !json.Has("pceId") ? null : json.Bytes("pceId", 2),
            EvaluationDataNumber = json.Number("tcbEvaluationDataNumber", int.MaxValue),
            TdxModule = isTdx ? TdxModuleIdentity.ReadGeneral(json.Object("tdxModule")) : null,
            TdxModuleIdentities = identities,
            Levels = [.. levels],
            SgxComponentNames = sgxNames,
            TdxComponentNames = tdxNames,
        };
    }

    private static byte[] ReadNumberedComponents(CollateralJson tcb)
    {
        var components = new byte[16];
        for (var i = 0; i < components.Length; i++)
        {
            components[i] = (byte)tcb.Number($"sgxtcbcomp{i + 1:00}svn", byte.MaxValue);
        }

        return components;
    }

    private static byte[] ReadComponents(CollateralJson tcb, string name, ref string[] names)
    {
        var items = tcb.Objects(name);
        if (items.Count != 16)
        {
            throw tcb.Error(name, $"has {items.Count} entries, not 16");
        }

        if (names.Length == 0)
        {
            names = items.ConvertAll(i => Describe(i.OptionalText("category"), i.OptionalText("type"))).ToArray();
        }

        return items.ConvertAll(i => (byte)i.Number("svn", byte.MaxValue)).ToArray();
    }

    private static string Describe(string? category, string? type) =>
        (category, type) switch
        {
            (null, null) => "",
            (_, null) => Clip(category),
            (null, _) => Clip(type),
            _ => $"{Clip(category)}, {Clip(type)}",
        };

    private static string Clip(string text) => text.Length <= 64 ? text : text[..64];
}
