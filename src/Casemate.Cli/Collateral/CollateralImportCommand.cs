using System.CommandLine;
using Casemate.Attestation;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Collateral.Bundle;
using Casemate.Collateral.Pccs;
using Casemate.Collateral.Service;
using Casemate.Collateral.Store;
using Casemate.Primitives;

namespace Casemate.Cli.Collateral;

/// <summary><c>casemate collateral import</c>.</summary>
internal sealed class CollateralImportCommand : CliCommand
{
    private const int MaximumCertificateFile = 256 * 1024;
    private const int MaximumUploadBytes = 64 * 1024 * 1024;

    private readonly CollateralStoreOptions _store = new();
    private readonly BundleOptions _bundles = new();

    private readonly Argument<string> _source = new("SOURCE")
    {
        Description = "A bundle of casemate collateral export, the platform_collateral.json of a PCCS's administration tool, the directory "
            + "of a Trustee store (vcek/CHIP/vcek.der), or a file with a VCEK or VLEK (PEM, DER, or the certificate table of a report).",
    };

    public CollateralImportCommand()
        : base(
            "import", "Take the collateral of a bundle into the directory that is kept. All of it is verified first: of a bundle with "
            + "anything that does not verify, nothing is taken (exit code 1).",
            new CommandExample("A bundle whose maker is known", "casemate collateral import fleet.tar --bundle-key fleet.key.pub"),
            new CommandExample("What was made for a PCCS without network", "casemate collateral import platform_collateral.json"),
            new CommandExample("AMD's certificates from a Trustee store", "casemate collateral import kds-store"))
    {
        Add(_source);
        foreach (var option in _bundles.All.Concat(_store.All))
        {
            Add(option);
        }
    }

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var source = context.Arguments.GetRequiredValue(_source);
        var roots = _store.Roots(context);
        var (pieces, platforms) = Read(context, source, roots);

        if (pieces.Count == 0 && platforms.Count == 0)
        {
            throw new CliException(
                ExitCode.Refused, $"{source} holds nothing to import", "Where it comes from, look at what was exported.");
        }

        // Before the directory is made. VCEKs of a Trustee store come without their issuers: the service knows the shipped ones.
        var bad = CollateralAudit.Verify(pieces, roots, context.Now).Where(piece => !piece.IsVerified
            && !(piece.Collateral is { Key.Kind: CollateralKind.Vcek or CollateralKind.Vlek, IssuerChainPem.IsEmpty: true })).ToList();
        foreach (var piece in bad)
        {
            context.Console.Note(ErrorText.OneLine($"{piece.Collateral.Key.ToLogText()}: {piece.Problem}"));
        }

        RequireVerified(source, bad.Count, pieces.Count, pieces);
        var store = _store.Open(context);
        await using var service = new CollateralService(new CollateralServiceOptions(), store, [], roots, context.Invocation.Time);
        var import = await service.ImportAllAsync(
            [.. pieces.DistinctBy(piece => piece.Key)], [.. platforms.Select(Provisioned)], leaveOutExpired: true, cancellationToken);
        foreach (var (key, outcome) in import.Pieces.Where(piece => piece.Outcome.Problem.Length > 0))
        {
            context.Console.Note(ErrorText.OneLine($"{key.ToLogText()}: {outcome.Problem}"));
        }

        if (import.Problem.Length > 0)
        {
            throw CliException.BadInput(
                ErrorText.OneLine($"nothing of {source} was taken: {import.Problem}"),
                "Make room on the disk, or name another directory with --dir.");
        }

        RequireVerified(
            source, import.Pieces.Count(piece => piece.Outcome.Status is not (CollateralStatus.Found or CollateralStatus.Expired)),
            import.Pieces.Length, pieces);
        var expired = import.Pieces.Count(piece => piece.Outcome.Status is CollateralStatus.Expired);
        var taken = import.Pieces.Length - expired;
        Report(context.Console, source, taken, expired);
        return expired == 0 ? ExitCode.Success : taken == 0 ? ExitCode.Refused : ExitCode.Partial;
    }

    private static void RequireVerified(string source, int refused, int count, IReadOnlyList<StoredCollateral> pieces)
    {
        if (refused > 0)
        {
            throw new CliException(
                ExitCode.Refused, $"nothing of {source} was taken: {refused} of {count} pieces do not verify", RemedyFor(pieces));
        }
    }

    // Certificates of chips alone: the issuers of real ones are shipped, those of a simulated platform are its own.
    private static string RemedyFor(IReadOnlyList<StoredCollateral> pieces) => pieces
        .Where(piece => piece.Key.Kind is CollateralKind.Vcek or CollateralKind.Vlek && piece.IssuerChainPem.IsEmpty)
        .Select(piece => piece.Key.Product.ToString().ToLowerInvariant()).Distinct().ToList() is { Count: > 0 } products
        ? "It holds certificates without their issuers. Those of real chips are shipped; a simulator's must be there first: casemate "
            + $"collateral fetch {string.Join(' ', products.Select(product => "--product " + product))} --source simulated, with the "
            + "same --root and --dir."
        : "If it is a simulator's collateral, name the simulator's root with --root.";

    private (IReadOnlyList<StoredCollateral> Pieces, IReadOnlyList<PlatformRegistration> Platforms) Read(
        CommandContext context, string source, TrustRoots roots)
    {
        if (Directory.Exists(source) && NotABundle.IsTrusteeStore(source))
        {
            return (TrusteeVcekStore.Read(source, context.Now), []);
        }

        if (NotABundle.Of(source) is { } other)
        {
            RequireFile(source, other);

            // The upload may be larger than a file of certificates, and begins as an object.
            if (new FileInfo(source).Length <= MaximumCertificateFile && EndorsementFile.TryRead(source, context.Now) is { } keys)
            {
                return (keys, []);
            }

            return ReadPlatformCollateral(source, other, roots, context.Now);
        }

        var bundle = _bundles.Read(context.Arguments, source);
        context.Console.Note(ErrorText.OneLine(BundleOptions.Describe(bundle)));
        return (bundle.Entries, []);
    }

    private static void RequireFile(string source, NotABundle other)
    {
        if (Directory.Exists(source))
        {
            throw CliException.BadInput(
                $"{source} is {other.What}, and no Trustee store, which holds vcek/",
                "If casemate collateral fetch keeps it, take a bundle of it: casemate collateral export --dir DIR.");
        }
    }

    private static (IReadOnlyList<StoredCollateral> Pieces, IReadOnlyList<PlatformRegistration> Platforms) ReadPlatformCollateral(
        string source, NotABundle other, TrustRoots roots, DateTimeOffset now)
    {
        if (new FileInfo(source).Length > MaximumUploadBytes)
        {
            throw CliException.BadInput($"{source} is larger than {MaximumUploadBytes / (1024 * 1024)} MiB");
        }

        if (!PlatformCollateral.TryRead(File.ReadAllBytes(source), now, out var upload, out var error))
        {
            throw CliException.BadInput(
                $"{source} is neither a bundle of collateral nor a platform_collateral.json but {other.What}"
                + (other.IsJson ? $": {error}" : ""), other.Remedy);
        }

        // A tool that indents JSON breaks its signatures; without the white space they hold again.
        var pieces = upload.Entries.Select(
            entry => entry.Compact is { } compact && CollateralVerifier.Verify(entry.Collateral, roots, now).Collateral is null
                ? compact
                : entry.Collateral);
        return ([.. pieces.DistinctBy(piece => piece.Key)], upload.Platforms);
    }

    private static ProvisionedPlatform Provisioned(PlatformRegistration platform) => new()
    {
        QeId = platform.QeId,
        PceId = platform.PceId,
        EncryptedPpid = platform.EncryptedPpid,
        PlatformManifest = platform.PlatformManifest,
    };

    private static void Report(ConsoleOutput console, string source, int taken, int expired)
    {
        if (console.Format is OutputFormat.Table)
        {
            console.Out.WriteLine(
                $"{source}: {taken} pieces taken{(expired > 0 ? $", {expired} expired and left out" : "")}");
            return;
        }

        console.WriteDocument(json =>
        {
            json.WriteString("apiVersion", ApiVersion.V1);
            json.WriteNumber("taken", taken);
            json.WriteNumber("expired", expired);
            json.WriteNumber("unverifiable", 0);
        });
    }
}
