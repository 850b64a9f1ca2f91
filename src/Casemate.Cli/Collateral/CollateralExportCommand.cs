using System.CommandLine;
using System.Globalization;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Collateral.Bundle;
using Casemate.Collateral.Pccs;
using Casemate.Collateral.Store;
using Casemate.Primitives;

namespace Casemate.Cli.Collateral;

/// <summary><c>casemate collateral export</c>.</summary>
internal sealed class CollateralExportCommand : CliCommand
{
    private const string Out = "--out";
    private const string BundleFormat = "bundle";
    private const string PlatformCollateralFormat = "platformcollateral";

    private readonly CollateralStoreOptions _store = new();

    private readonly Option<string> _out = new(Out)
    {
        Description = "The bundle to write; with --trustee, the directory.",
        HelpName = "FILE|DIR",
        Required = true,
    };

    private readonly Option<string> _key = new("--key")
    {
        Description = "The private key to sign with (PEM). Made if there is none, with its public half beside it, ending in .pub.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _unsigned = new("--unsigned")
    {
        Description = "Do not sign the bundle: whoever uses it must trust the way that it came.",
    };

    private readonly Option<bool> _allowMissingCrls = new("--allow-missing-crls")
    {
        Description = "Write the bundle although revocation lists are missing: whoever uses it cannot know what was revoked.",
    };

    private readonly Option<string> _format = new Option<string>("--format")
    {
        Description = "bundle, or platformcollateral: the JSON of Intel's PCCS administration tool (platform_collaterals.json), for PUT "
            + "platformcollateral of a PCCS. It names machines and is not signed as a whole. Default: bundle.",
        HelpName = "bundle|platformcollateral",
    }.AcceptOnlyFromAmong(BundleFormat, PlatformCollateralFormat);

    private readonly Option<bool> _trustee = new("--trustee")
    {
        Description = "Write the VCEKs into a directory as Trustee's offline store has them (vcek/CHIP/vcek.der) in place of a bundle.",
    };

    public CollateralExportCommand()
        : base(
            "export", "Write everything that is kept into one bundle, after verifying it again.",
            new CommandExample("Signed; the key is made the first time", "casemate collateral export --out fleet.tar --key fleet.key"),
            new CommandExample(
                "The same bytes for the same content",
                "SOURCE_DATE_EPOCH=1767225600 casemate collateral export --out fleet.tar --unsigned"),
            new CommandExample(
                "For a PCCS", "casemate collateral export --format platformcollateral --out platform_collaterals.json"),
            new CommandExample("AMD's certificates for Trustee", "casemate collateral export --trustee --out kds-store"))
    {
        foreach (var option in _store.All.Concat([_out, _format, _key, _unsigned, _allowMissingCrls, _trustee]))
        {
            Add(option);
        }
    }

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var arguments = context.Arguments;
        var path = arguments.GetRequiredValue(_out);
        var (keyPath, isUnsigned, isTrustee) = (arguments.GetValue(_key), arguments.GetValue(_unsigned), arguments.GetValue(_trustee));
        var isUpload = arguments.GetValue(_format) == PlatformCollateralFormat;
        if (new[] { keyPath is not null, isUnsigned, isTrustee, isUpload }.Count(chosen => chosen) != 1)
        {
            throw CliException.Usage(
                "export needs just one of --key, --unsigned, --trustee and --format platformcollateral",
                "With --key FILE the bundle is signed, which is what an offline site should ask for.");
        }

        if (path.Length == 0 || (!isTrustee && Directory.Exists(path)))
        {
            throw CliException.Usage($"--out '{path}' is not a file");
        }

        if (!isTrustee)
        {
            OutputFile.Require(Out, path);
        }

        var usable = Select(context, await _store.ReadAsync(context, cancellationToken));
        if (isTrustee)
        {
            WriteTrusteeStore(context, path, usable);
            return ExitCode.Success;
        }

        if (isUpload)
        {
            await WriteUploadAsync(context, path, usable, cancellationToken);
            return ExitCode.Success;
        }

        var (content, signer) = Make(context, usable, keyPath);
        OutputFile.Write(Out, path, content, OutputFile.Readable);
        Report(context, path, usable, content, signer);
        return ExitCode.Success;
    }

    private static void WriteTrusteeStore(CommandContext context, string path, List<StoredCollateral> usable)
    {
        if (!usable.Exists(piece => piece.Key.Kind is CollateralKind.Vcek))
        {
            throw new CliException(
                ExitCode.Refused, "there is nothing to export in this form: no VCEK is kept",
                "Fetch those of your machines: casemate collateral fetch --from-evidence REPORT…");
        }

        var count = OutputFile.Guard(Out, path, () => TrusteeVcekStore.Write(path, usable));
        context.Console.Note($"{count} VCEKs written to {path}");
    }

    private async Task WriteUploadAsync(
        CommandContext context, string path, List<StoredCollateral> usable, CancellationToken cancellationToken)
    {
        var platforms = await _store.Open(context).ListPlatformsAsync(cancellationToken);
        var content = PlatformCollateral.Write(usable, platforms, out var leftOut);
        foreach (var key in leftOut)
        {
            context.Console.Note(ErrorText.OneLine($"left out: {key.ToLogText()}: this form has no place for it"));
        }

        if (leftOut.Length == usable.Count)
        {
            throw new CliException(
                ExitCode.Refused, "there is nothing to export in this form", "It holds Intel's collateral alone. A bundle holds all.");
        }

        OutputFile.Write(Out, path, content, OutputFile.OwnerAlone);
        Report(context, path, [.. usable.Where(piece => !leftOut.Contains(piece.Key))], content, signer: null);
    }

    // What does not verify is left out and named; what has expired as well, so that its gap shows.
    private static List<StoredCollateral> Select(CommandContext context, List<AuditedCollateral> pieces)
    {
        foreach (var piece in pieces.Where(piece => !piece.IsVerified || piece.IsExpired(context.Now)))
        {
            var why = piece.IsVerified ? $"expired on {CollateralTable.Day(piece.Collateral.NotAfter)}" : piece.Problem;
            context.Console.Warn(ErrorText.OneLine($"left out: {piece.Collateral.Key.ToLogText()}: {why}"));
        }

        var usable = pieces.Where(piece => piece.IsVerified && !piece.IsExpired(context.Now)).Select(piece => piece.Collateral).ToList();
        return usable.Count > 0
            ? usable
            : throw new CliException(
                ExitCode.Refused, "there is nothing to export",
                "Fetch collateral first with casemate collateral fetch; a simulator's is used only where its root is named with --root.");
    }

    private (byte[] Content, BundlePublicKey? Signer) Make(CommandContext context, List<StoredCollateral> pieces, string? keyPath)
    {
        var allowMissing = context.Arguments.GetValue(_allowMissingCrls);
        var created = CreatedAt(context);
        try
        {
            if (keyPath is null)
            {
                return (CollateralBundle.WriteUnsigned(pieces, created, allowMissing), null);
            }

            var isNew = false;
            using var key = OutputFile.Guard("--key", keyPath, () => BundleSigningKey.LoadOrCreate(keyPath, out isNew));
            if (isNew)
            {
                context.Console.Note(
                    $"made a signing key, {keyPath}; give its public half to the sites: {BundleSigningKey.PublicPath(keyPath)}");
            }

            return (CollateralBundle.Write(pieces, created, key, allowMissing), key.PublicKey);
        }
        catch (IncompleteBundleException exception)
        {
            throw new CliException(
                ExitCode.Refused, exception.Message,
                "Fetch them: casemate collateral fetch. Or write the bundle without them, with --allow-missing-crls.", exception);
        }
    }

    // A build's own date, where one is set, makes the bundle reproducible.
    private static DateTimeOffset CreatedAt(CommandContext context) =>
        context.Invocation.Environment("SOURCE_DATE_EPOCH") switch
        {
            null or "" => context.Now,
            var text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
                && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds() => DateTimeOffset.FromUnixTimeSeconds(seconds),
            var text => throw CliException.Usage($"SOURCE_DATE_EPOCH is '{text}', which is no number of seconds"),
        };

    private static void Report(
        CommandContext context, string path, List<StoredCollateral> pieces, byte[] content, BundlePublicKey? signer)
    {
        var first = pieces.Where(piece => !piece.Key.IsImmutable && piece.NotAfter is not null).MinBy(piece => piece.NotAfter);
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content));
        if (context.Console.Format is OutputFormat.Table)
        {
            context.Console.Out.WriteLine(
                $"{path}: {pieces.Count} pieces, {(content.Length + 1023) / 1024} KiB, "
                + $"{(signer is null ? "not signed" : $"signed by {signer.Fingerprint}")}");
            if (first is not null)
            {
                context.Console.Out.WriteLine(
                    $"good until {CollateralTable.Day(first.NotAfter)} ({first.Key.ToLogText()} is the first to end)");
            }

            return;
        }

        context.Console.WriteDocument(json =>
        {
            json.WriteString("apiVersion", ApiVersion.V1);
            json.WriteString("bundle", path);
            json.WriteString("sha256", hash);
            json.WriteNumber("pieces", pieces.Count);
            json.WriteNumber("bytes", content.Length);
            json.WriteString("signer", signer?.Fingerprint ?? "");
            json.WriteString("goodUntil", first?.NotAfter is { } end ? Verify.InstantText.Format(end) : null);
        });
    }
}
