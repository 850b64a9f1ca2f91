using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Casemate.Simulator.Dcap;

/// <summary>
/// Writes the bodies of TCB info and QE identity: compact JSON, members in Intel's order. Source: Intel PCS API v3 and v4.
/// </summary>
internal static class SignedJson
{
    /// <summary>What members take when the content leaves them open.</summary>
    /// <param name="IssueDate">For <c>issueDate</c>.</param>
    /// <param name="NextUpdate">For <c>nextUpdate</c>.</param>
    /// <param name="Created">The day from which TCB dates count back.</param>
    public readonly record struct Defaults(DateTimeOffset IssueDate, DateTimeOffset NextUpdate, DateTimeOffset Created);

    // Names for people, as in Intel's documents; components without an entry carry the SVN alone.
    private static readonly (string Category, string? Type)?[] SgxNames =
    [
        ("BIOS", "Early Microcode Update"), ("OS/VMM", "SGX Late Microcode Update"), ("OS/VMM", "TXT SINIT"), ("BIOS", null),
        ("BIOS", null), ("BIOS", null), null, ("OS/VMM", "SEAMLDR ACM"),
    ];

    private static readonly (string Category, string? Type)?[] TdxNames =
        [("OS/VMM", "TDX Module"), ("OS/VMM", "TDX Module"), ("OS/VMM", "TDX Late Microcode Update")];

    public static byte[] TcbInfo(TcbInfoContent content, SgxMachine machine, Defaults defaults) => JsonObjectBytes.Write(w =>
    {
        var fmspc = content.Fmspc ?? machine.Fmspc;
        var pceId = content.PceId ?? machine.PceId;
        FieldSize.Require(fmspc, 6, nameof(content.Fmspc));
        FieldSize.Require(pceId, 2, nameof(content.PceId));
        WriteHead(w, content.Id, content.Version, content.IssueDate ?? defaults.IssueDate, content.NextUpdate ?? defaults.NextUpdate);
        w.WriteString("fmspc", Convert.ToHexString(fmspc));
        w.WriteString("pceId", Convert.ToHexString(pceId));
        if (content.Version > 1)
        {
            w.WriteNumber("tcbType", content.TcbType);
            w.WriteNumber("tcbEvaluationDataNumber", content.TcbEvaluationDataNumber);
        }

        if (content.TdxModule is { } module)
        {
            w.WriteStartObject("tdxModule");
            WriteModuleSigner(w, module);
            w.WriteEndObject();
        }

        if (!content.TdxModuleIdentities.IsEmpty)
        {
            WriteModuleIdentities(w, content.TdxModuleIdentities, defaults);
        }

        w.WriteStartArray("tcbLevels");
        for (var i = 0; i < content.Levels.Length; i++)
        {
            var level = content.Levels[i];
            w.WriteStartObject();
            w.WriteStartObject("tcb");
            if (content.Version <= 2)
            {
                WriteTcbV2(w, level);
            }
            else
            {
                WriteTcbV3(w, level, withTdx: content.Id == "TDX");
            }

            w.WriteEndObject();
            if (content.Version == 1)
            {
                w.WriteString("status", level.Status);
            }
            else
            {
                WriteStatus(w, level.TcbDate ?? DefaultDate(defaults, i), level.Status, level.AdvisoryIds);
            }

            w.WriteEndObject();
        }

        w.WriteEndArray();
    });

    public static byte[] QeIdentity(QeIdentityContent content, Defaults defaults) => JsonObjectBytes.Write(w =>
    {
        FieldSize.Require(content.MiscSelect, 4, nameof(content.MiscSelect));
        FieldSize.Require(content.MiscSelectMask, 4, nameof(content.MiscSelectMask));
        FieldSize.Require(content.Attributes, 16, nameof(content.Attributes));
        FieldSize.Require(content.AttributesMask, 16, nameof(content.AttributesMask));
        FieldSize.Require(content.MrSigner, 32, nameof(content.MrSigner));
        WriteHead(w, content.Id, content.Version, content.IssueDate ?? defaults.IssueDate, content.NextUpdate ?? defaults.NextUpdate);
        if (content.Version > 1)
        {
            w.WriteNumber("tcbEvaluationDataNumber", content.TcbEvaluationDataNumber);
        }

        w.WriteString("miscselect", Convert.ToHexString(content.MiscSelect));
        w.WriteString("miscselectMask", Convert.ToHexString(content.MiscSelectMask));
        w.WriteString("attributes", Convert.ToHexString(content.Attributes));
        w.WriteString("attributesMask", Convert.ToHexString(content.AttributesMask));
        w.WriteString("mrsigner", Convert.ToHexString(content.MrSigner));
        w.WriteNumber("isvprodid", content.IsvProdId);
        if (content.Version == 1)
        {
            w.WriteNumber("isvsvn", content.Levels[0].IsvSvn);             // the retired form: one SVN, no levels
            return;
        }

        WriteEnclaveLevels(w, content.Levels, defaults);
    });

    /// <summary>The generations that are kept up: the early one, then the standard one.</summary>
    public static byte[] EvaluationNumbers(string id, int standard, Defaults defaults) => JsonObjectBytes.Write(w =>
    {
        WriteHead(w, id, 1, defaults.IssueDate, defaults.NextUpdate);
        w.WriteStartArray("tcbEvalNumbers");
        foreach (var (number, age) in ((int, int)[])[(standard + 1, 30), (standard, 400)])
        {
            w.WriteStartObject();
            w.WriteNumber("tcbEvaluationDataNumber", number);
            w.WriteString("tcbRecoveryEventDate", Date(defaults.Created.AddDays(-age)));
            w.WriteString("tcbDate", Date(defaults.Created.AddDays(-age)));
            w.WriteEndObject();
        }

        w.WriteEndArray();
    });

    private static void WriteHead(Utf8JsonWriter writer, string? id, int version, DateTimeOffset issueDate, DateTimeOffset nextUpdate)
    {
        if (id is not null)
        {
            writer.WriteString("id", id);
        }

        writer.WriteNumber("version", version);
        writer.WriteString("issueDate", Date(issueDate));
        writer.WriteString("nextUpdate", Date(nextUpdate));
    }

    private static void WriteTcbV2(Utf8JsonWriter writer, PlatformTcbLevel level)
    {
        FieldSize.Require(level.SgxComponents, 16, nameof(level.SgxComponents));
        for (var i = 0; i < 16; i++)
        {
            writer.WriteNumber($"sgxtcbcomp{i + 1:D2}svn", level.SgxComponents[i]);
        }

        writer.WriteNumber("pcesvn", level.PceSvn);
    }

    private static void WriteTcbV3(Utf8JsonWriter writer, PlatformTcbLevel level, bool withTdx)
    {
        FieldSize.Require(level.SgxComponents, 16, nameof(level.SgxComponents));
        WriteComponents(writer, "sgxtcbcomponents", level.SgxComponents, SgxNames);
        writer.WriteNumber("pcesvn", level.PceSvn);
        if (withTdx)
        {
            FieldSize.Require(level.TdxComponents, 16, nameof(level.TdxComponents));
            WriteComponents(writer, "tdxtcbcomponents", level.TdxComponents, TdxNames);
        }
    }

    private static void WriteComponents(Utf8JsonWriter writer, string name, byte[] svns, (string Category, string? Type)?[] names)
    {
        writer.WriteStartArray(name);
        for (var i = 0; i < svns.Length; i++)
        {
            writer.WriteStartObject();
            writer.WriteNumber("svn", svns[i]);
            if (i < names.Length && names[i] is { } named)
            {
                writer.WriteString("category", named.Category);
                if (named.Type is not null)
                {
                    writer.WriteString("type", named.Type);
                }
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteModuleSigner(Utf8JsonWriter writer, TdxModuleSigner signer)
    {
        FieldSize.Require(signer.MrSigner, 48, nameof(signer.MrSigner));
        FieldSize.Require(signer.Attributes, 8, nameof(signer.Attributes));
        FieldSize.Require(signer.AttributesMask, 8, nameof(signer.AttributesMask));
        writer.WriteString("mrsigner", Convert.ToHexString(signer.MrSigner));
        writer.WriteString("attributes", Convert.ToHexString(signer.Attributes));
        writer.WriteString("attributesMask", Convert.ToHexString(signer.AttributesMask));
    }

    private static void WriteModuleIdentities(Utf8JsonWriter writer, ImmutableArray<TdxModuleIdentity> identities, Defaults defaults)
    {
        writer.WriteStartArray("tdxModuleIdentities");
        foreach (var identity in identities)
        {
            writer.WriteStartObject();
            writer.WriteString("id", identity.Id);
            WriteModuleSigner(writer, identity.Signer);
            WriteEnclaveLevels(writer, identity.Levels, defaults);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteEnclaveLevels(Utf8JsonWriter writer, ImmutableArray<EnclaveTcbLevel> levels, Defaults defaults)
    {
        writer.WriteStartArray("tcbLevels");
        for (var i = 0; i < levels.Length; i++)
        {
            writer.WriteStartObject();
            writer.WriteStartObject("tcb");
            writer.WriteNumber("isvsvn", levels[i].IsvSvn);
            writer.WriteEndObject();
            WriteStatus(writer, levels[i].TcbDate ?? DefaultDate(defaults, i), levels[i].Status, levels[i].AdvisoryIds);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteStatus(Utf8JsonWriter writer, DateTimeOffset tcbDate, string status, ImmutableArray<string> advisoryIds)
    {
        writer.WriteString("tcbDate", Date(tcbDate));
        writer.WriteString("tcbStatus", status);
        if (!advisoryIds.IsEmpty)
        {
            writer.WriteStartArray("advisoryIDs");
            foreach (var id in advisoryIds)
            {
                writer.WriteStringValue(id);
            }

            writer.WriteEndArray();
        }
    }

    private static DateTimeOffset DefaultDate(Defaults defaults, int index) => defaults.Created.AddDays(-60 - (200 * index));

    private static string Date(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
