using System.Text;
using Casemate.Images.Roots;

namespace Casemate.Images.Closure;

/// <summary>
/// The parts of the SGX runtime that programs open while they run, so that no DT_NEEDED names them. They are seen by their names in files
/// that import <c>dlopen</c>, and taken by the mode in which quotes are made.
/// </summary>
internal static class RuntimeParts
{
    private static readonly RuntimePart[] s_parts =
    [
        new("libsgx_enclave_common.so.1", [QuoteMode.OutOfProcess, QuoteMode.InProcess, QuoteMode.None], IsRequired: true),
        new("libsgx_quote_ex.so.1", [QuoteMode.OutOfProcess], IsRequired: true),
        new("libsgx_dcap_ql.so.1", [QuoteMode.InProcess], IsRequired: true),
        new("libsgx_qe3_logic.so", [QuoteMode.InProcess], IsRequired: true),
        new("libsgx_pce_logic.so.1", [QuoteMode.InProcess], IsRequired: true),
        new("libsgx_urts.so.2", [QuoteMode.InProcess], IsRequired: true),
        new("libdcap_quoteprov.so.1", [QuoteMode.InProcess], IsRequired: false),
        new("libdcap_quoteprov.so", [QuoteMode.InProcess], IsRequired: false),
        new("libsgx_default_qcnl_wrapper.so.1", [QuoteMode.InProcess], IsRequired: false),
        new("libsgx_dcap_quoteverify.so.1", [QuoteMode.InProcess], IsRequired: false),
        new("libsgx_qe3.signed.so.1", [QuoteMode.InProcess], IsRequired: true),
        new("libsgx_pce.signed.so.1", [QuoteMode.InProcess], IsRequired: true),
        new("libsgx_id_enclave.signed.so.1", [QuoteMode.InProcess], IsRequired: false),
        new("libsgx_qve.signed.so.1", [QuoteMode.InProcess], IsRequired: false),
    ];

    private static readonly string[] s_inProcessOnly = ["libsgx_qe3_logic.so", "libsgx_qe3.signed.so", "libsgx_pce_logic.so", "libsgx_pce.signed.so"];

    /// <summary>The names of the parts without which no quote is made in a mode; none for <see cref="QuoteMode.None"/>.</summary>
    public static IEnumerable<string> RequiredFor(QuoteMode mode) => s_parts
        .Where(part => part.IsRequired && part.Modes.Contains(mode) && !part.Modes.Contains(QuoteMode.None)).Select(part => part.Name);

    /// <summary>Opens the parts that the process names, and those that these name, until nothing is new.</summary>
    public static void Open(LoaderProcess process, ClosureWork work)
    {
        for (var i = 0; i < process.Objects.Count; i++)
        {
            var opener = process.Objects[i];
            foreach (var part in Named(opener).Where(part => part.Modes.Contains(work.Options.Quotes)))
            {
                if (part.IsEnclave)
                {
                    TakeEnclave(part, opener, work);
                }
                else
                {
                    process.Load(
                        part.Name, opener, ClosureReasonKind.RuntimePart, $"{work.Options.Quotes} quotes: ", isOptional: !part.IsRequired);
                    process.LoadNeeded();
                }
            }
        }

        RequireProvider(process, work);
    }

    /// <summary>Refuses a closure that makes quotes in one way and carries what the other way needs.</summary>
    public static void CheckMode(ClosureWork work)
    {
        if (work.Options.Quotes is QuoteMode.InProcess)
        {
            return;
        }

        foreach (var path in work.Files.Paths)
        {
            var name = path[(path.LastIndexOf('/') + 1)..];
            if (s_inProcessOnly.Any(only => name.StartsWith(only, StringComparison.Ordinal)))
            {
                work.Report(
                    ClosureFindingKind.QuoteModesMixed, ClosureSeverity.Error, path,
                    $"{Shown.Of(path)} makes quotes inside of the process, but the mode is {work.Options.Quotes}: choose one mode for a program");
            }
        }
    }

    // Names stand in the file as strings, some with a directory or a '%s/' before them.
    private static List<RuntimePart> Named(ProcessObject opener)
    {
        var bytes = opener.Elf.Bytes.Span;
        if (opener.Dynamic is not { } dynamic || (bytes.IndexOf("libsgx_"u8) < 0 && bytes.IndexOf("libdcap_quoteprov.so"u8) < 0) || !ImportsOpen(dynamic))
        {
            return [];
        }

        var named = new List<RuntimePart>();
        foreach (var part in s_parts)
        {
            if (bytes.IndexOf(Encoding.ASCII.GetBytes(part.Name + "\0")) >= 0 && dynamic.SoName != part.Name && !dynamic.Needed.Contains(part.Name))
            {
                named.Add(part);
            }
        }

        return named;
    }

    private static bool ImportsOpen(Casemate.Measurement.Elf.ElfDynamic dynamic)
    {
        for (var i = 1; i < dynamic.Symbols.Count; i++)
        {
            var symbol = dynamic.Symbols[i];
            if (!symbol.IsDefined && dynamic.Symbols.TryGetName(symbol, out var name)
                && (name.SequenceEqual("dlopen"u8) || name.SequenceEqual("sgx_create_enclave"u8) || name.SequenceEqual("dladdr"u8)))
            {
                return true;
            }
        }

        return false;
    }

    // Intel's enclaves lie beside the library that loads them, else where libraries are.
    private static void TakeEnclave(RuntimePart part, ProcessObject opener, ClosureWork work)
    {
        string[] directories = [opener.Origin, "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib"];
        var reason = new ClosureReason(ClosureReasonKind.RuntimePart, opener.Path, $"{work.Options.Quotes} quotes: {part.Name}, an enclave");
        foreach (var directory in directories)
        {
            if (work.Walk.Resolve($"{directory}/{part.Name}") is { Entry.Kind: RootEntryKind.File } location)
            {
                work.Files.Add(location, $"{directory}/{part.Name}", reason);
                return;
            }
        }

        if (part.IsRequired)
        {
            work.ReportMissing(
                ClosureFindingKind.RuntimePartMissing, part.Name, opener.Path, $"{Shown.Of(opener.Path)} loads the enclave {part.Name}, which is not there");
        }
    }

    // Intel's provider of collateral or a cloud's: one of the two names must be there.
    private static void RequireProvider(LoaderProcess process, ClosureWork work)
    {
        if (work.Options.Quotes is not QuoteMode.InProcess || process.Find("libsgx_dcap_ql.so.1") is not { } quoting)
        {
            return;
        }

        if (process.Find("libdcap_quoteprov.so.1") is null && process.Find("libdcap_quoteprov.so") is null)
        {
            work.ReportMissing(
                ClosureFindingKind.RuntimePartMissing, "libdcap_quoteprov.so.1", quoting.Path,
                $"{Shown.Of(quoting.Path)} makes quotes inside of the process and finds no provider of collateral (libdcap_quoteprov.so.1)");
        }

        if (work.Files.Add("/etc/sgx_default_qcnl.conf", new ClosureReason(ClosureReasonKind.RuntimePart, quoting.Path, "where collateral comes from")) is null)
        {
            work.Report(
                ClosureFindingKind.RuntimePartMissing, ClosureSeverity.Warning, quoting.Path,
                "/etc/sgx_default_qcnl.conf is not there: the library asks for collateral at localhost");
        }
    }

    private sealed record RuntimePart(string Name, QuoteMode[] Modes, bool IsRequired)
    {
        public bool IsEnclave => Name.Contains(".signed.", StringComparison.Ordinal);
    }
}
