using System.Reflection;
using System.Text.RegularExpressions;
using Casemate.Testing;

namespace Casemate.Cli.Tests;

/// <summary><c>docs/diagnostics.md</c> explains every stable name, and no other.</summary>
public sealed partial class DiagnosticsPageTests
{
    // Words of formats and settings: explained where they are used, nothing that a reader would look up as a diagnosis.
    private static readonly string[] NoDiagnoses =
    [
        "Tee", "SgxType", "SnpProduct", "SnpSigner", "QuoteBodyType", "CertificationDataType",
        "SignedBy", "SnpCertificate", "DcapCertificate", "TdReportKind", "GuestApiFeatures", "CollateralMode", "EvidenceKind",
        "AesmMessageType", "PeerIdentification", "AuditFlush", "QgsMessageType", "GuestBackEnd",
        "CollateralKind", "CollateralFetch", "PlatformSelection", "HealthStatus",
        "SgxDriver", "EpcSource", "FindingSeverity", "DeviceEntryType", "SystemFileState", "EpcUnit", "EpcFrontEnd", "ResourceCarrier",
        "RegoVersion", "RegoValueKind", "RegoTraceKind", "RegoAnnotationScope",
        "ContainerKind", "KubeWatchEventType", "InformerChangeType", "StartupDeadlineAction",
        "RolloutState", "ManifestAction", "ManifestRemovalOutcome",
        "EpcEnforcementMode", "NriEvent", "ContainerState",
        "EnclaveFlags", "SecInfoFlags", "EnclaveFindingSeverity", "EnclaveFormat",
        "SignatureKeyKind", "SignatureForm", "SignatureCheckOutcome", "CopyStage", "ElfFileType", "ElfSegmentType",
        "ElfSegmentFlags", "ElfSectionType", "ElfSymbolType", "ElfSymbolBinding", "ElfDynamicTag", "ClosureReasonKind",
        "ClosureSeverity", "DataSwitch", "QuoteMode", "RootEntryKind", "PackLayer", "TrustedFileMode",
        "VerityAlgorithm", "VerityProfile", "VerityBootForm", "LayerProfile", "WatchedFileState",
        "TarEntryKind", "ImageTransport", "SpecialFileTreatment", "LinkTreatment", "ChangeKind",
        "EmptyDirForm", "PauseUserRule",
        "ContainerRole", "ImageForm",
        "ManifestEditVerb", "LintSeverity",
        "SnpPageType", "SevSectionType", "SnpVmm", "IgvmHeaderType", "IgvmPlatformType", "IgvmPageFlags", "IgvmPageType",
        "TdvfSectionType", "TdvfSectionAttributes", "MrtdProfile",
        "EpcBackEnd", "AesmMount", "PatchVerb", "ChangeId", "ReviewEndpoint", "ReviewOutcome",
        "AddonOverlay", "AddonTee",
    ];

    private static readonly Dictionary<string, Dictionary<string, int>> Page = ReadPage();

    public static TheoryData<Type> Diagnoses => [.. PublicEnums().Where(type => !NoDiagnoses.Contains(type.Name))];

    [Theory]
    [MemberData(nameof(Diagnoses))]
    public void EveryMember_HasARow_WithMeaningCauseAndRemedy(Type type)
    {
        Assert.True(Page.TryGetValue(type.Name, out var rows), $"docs/diagnostics.md has no section '## {type.Name}'");
        foreach (var name in Enum.GetNames(type))
        {
            Assert.True(rows!.TryGetValue(name, out var cells), $"docs/diagnostics.md, section {type.Name}: no row for `{name}`");
            Assert.True(
                cells == 4, $"docs/diagnostics.md, row `{name}`: meaning, cause and remedy are wanted, {cells - 1} cells are filled");
        }

        Assert.Empty(rows!.Keys.Except(Enum.GetNames(type)));
    }

    [Fact]
    public void EveryExitCode_HasARow()
    {
        var documented = ExitCodeRow().Matches(File.ReadAllText(PagePath))
            .Select(match => int.Parse(match.Groups[1].Value, null))
            .ToHashSet();
        var codes = typeof(ExitCode).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(field => (int)field.GetRawConstantValue()!)
            .ToHashSet();

        Assert.Equal(codes, documented);
    }

    [Fact]
    public void TheList_OfWhatNeedsNoRow_NamesNothingTwice()
    {
        Assert.Empty(NoDiagnoses.Intersect(Page.Keys));
        Assert.Equal(NoDiagnoses.Length, NoDiagnoses.Distinct().Count());
    }

    private static string PagePath => Path.Combine(RepositoryPaths.Root, "docs", "diagnostics.md");

    private static IEnumerable<Type> PublicEnums() =>
        Directory.EnumerateFiles(AppContext.BaseDirectory, "Casemate.*.dll")
            .Where(path => !Path.GetFileName(path).Contains("Test", StringComparison.Ordinal))
            .Select(Assembly.LoadFrom)
            .SelectMany(assembly => assembly.GetExportedTypes())
            .Where(type => type.IsEnum);

    // Section, then rows '| `Name` | cell | cell | cell |': the number of filled cells of each.
    private static Dictionary<string, Dictionary<string, int>> ReadPage()
    {
        var page = new Dictionary<string, Dictionary<string, int>>();
        var rows = new Dictionary<string, int>();
        foreach (var line in File.ReadLines(PagePath))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                page[line[3..]] = rows = [];
            }
            else if (Row().Match(line) is { Success: true } row)
            {
                rows.Add(row.Groups[1].Value, line.Trim('|', ' ').Split('|').Count(cell => cell.Trim().Length > 0));
            }
        }

        return page;
    }

    [GeneratedRegex(@"^\| `(\w+)` \|")]
    private static partial Regex Row();

    [GeneratedRegex(@"^\| (\d+) \| ", RegexOptions.Multiline)]
    private static partial Regex ExitCodeRow();
}
