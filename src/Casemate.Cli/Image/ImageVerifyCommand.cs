using System.CommandLine;
using Casemate.Cli.Output;
using Casemate.Cli.Commands;
using Casemate.Oci;
using Casemate.Oci.Layout;
using Casemate.Oci.Signatures;

namespace Casemate.Cli.Image;

/// <summary><c>casemate image verify</c>.</summary>
internal sealed class ImageVerifyCommand : CliCommand
{
    /// <summary>The largest file that commands about signatures read: a key, a bundle, a trusted root.</summary>
    public const int MaxFileBytes = 16 << 20;

    private readonly RegistryAccess _registries = new();

    private readonly Argument<string> _image = new("IMAGE")
    {
        Description = "The image: docker://REFERENCE, oci:DIR[:TAG], oci-archive:FILE[:TAG], or a bare reference or path.",
    };

    private readonly Option<string?> _key = new("--key")
    {
        Description = "The public key that must have signed: PEM.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _bundle = new("--bundle")
    {
        Description = "Verify the sigstore bundle in this file, and not the signatures that are kept beside the image.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _trustedRoot = new("--trusted-root")
    {
        Description = "Whom to trust: the trusted_root.json of a sigstore instance. Needed for certificates; with --key it asks for an entry in "
            + "one of its logs. Nothing is fetched.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _identity = new("--certificate-identity")
    {
        Description = "The signer that the certificate must name: a mail address, or the address of a workflow.",
        HelpName = "TEXT",
    };

    private readonly Option<string?> _identityPattern = new("--certificate-identity-regexp")
    {
        Description = "The same as a regular expression, which must match the whole name.",
        HelpName = "EXPRESSION",
    };

    private readonly Option<string?> _issuer = new("--certificate-oidc-issuer")
    {
        Description = "Who must vouch for that signer, such as https://token.actions.githubusercontent.com.",
        HelpName = "URL",
    };

    private readonly Option<string?> _issuerPattern = new("--certificate-oidc-issuer-regexp")
    {
        Description = "The same as a regular expression, which must match the whole address.",
        HelpName = "EXPRESSION",
    };

    private readonly Option<string?> _reference = new("--reference")
    {
        Description = "The repository that a signature must name. Default: the image's; where it lies in a layout or archive, any.",
        HelpName = "REPOSITORY",
    };

    private readonly Option<bool> _anyReference = new("--accept-any-reference")
    {
        Description = "Accept signatures that name another repository, for images that are copied from one to another.",
    };

    private readonly Option<string> _predicate = new("--predicate-type")
    {
        Description = $"What the statement of a bundle must be. Default: {InTotoStatement.CosignSign}, a plain signature.",
        HelpName = "URL",
        DefaultValueFactory = _ => InTotoStatement.CosignSign,
    };

    public ImageVerifyCommand()
        : base(
            "verify", "Verify the signatures of an image without a network but the image's own. Exit code 1 when none is accepted.",
            new CommandExample("Signed with a key", "casemate image verify --key cosign.pub registry.example/team/app:1.2"),
            new CommandExample(
                "Signed by a workflow",
                "casemate image verify --trusted-root trusted_root.json --certificate-identity-regexp 'https://github\\.com/team/app/.*' "
                + "--certificate-oidc-issuer https://token.actions.githubusercontent.com registry.example/team/app:1.2"),
            new CommandExample("With a bundle beside it, as JSON", "casemate image verify --key cosign.pub --bundle app.sigstore.json oci:build -o json"))
    {
        foreach (var symbol in (Option[])[
            _key, _bundle, _trustedRoot, _identity, _identityPattern, _issuer, _issuerPattern, _reference, _anyReference, _predicate,
            .. _registries.All])
        {
            Add(symbol);
        }

        Add(_image);
    }

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var arguments = context.Arguments;
        var location = ImageLocation.Parse(arguments.GetValue(_image)!);
        var policy = ReadPolicy(arguments, location);
        var bundle = arguments.GetValue(_bundle) is { } file ? InputFile.Read("--bundle", file, MaxFileBytes) : null;
        using var client = _registries.Open(context);
        var source = await location.OpenSourceAsync(client, limits: null, cancellationToken);
        using var disposable = source as IDisposable;
        var image = await source.ResolveAsync(location.TagOrDigest, cancellationToken);
        var found = bundle is null
            ? await new ImageVerifier(source, policy).VerifyAsync(image, cancellationToken)
            : new ImageSignatures(image.Digest, [SignatureVerifier.VerifyBundle(bundle, arguments.GetValue(_bundle)!, image.Digest, policy)]);
        SignatureVerdictText.Write(context.Console, location.ToString(), found);
        return found.Accepted ? ExitCode.Success : ExitCode.Refused;
    }

    private SignaturePolicy ReadPolicy(ParseResult arguments, ImageLocation location)
    {
        var root = arguments.GetValue(_trustedRoot) is { } file ? TrustedRoot.Parse(InputFile.Read("--trusted-root", file, MaxFileBytes)) : null;
        var identity = Pattern(arguments, _identity, _identityPattern);
        var issuer = Pattern(arguments, _issuer, _issuerPattern);
        SignaturePolicy policy;
        if (arguments.GetValue(_key) is { } key)
        {
            policy = identity is null && issuer is null
                ? SignaturePolicy.ForKey(SignatureKey.Parse(InputFile.ReadText("--key", key, MaxFileBytes)), root)
                : throw CliException.Usage("--key and a certificate's identity are two ways to say who must have signed", "Name one of them.");
        }
        else if (root is null || identity is null || issuer is null)
        {
            throw CliException.Usage(
                "it is not said who must have signed",
                "Name --key FILE; or --trusted-root FILE with --certificate-identity and --certificate-oidc-issuer (or their -regexp forms).");
        }
        else
        {
            policy = SignaturePolicy.ForIdentity(root, identity, issuer);
        }

        var any = arguments.GetValue(_anyReference);
        if (any && arguments.GetValue(_reference) is not null)
        {
            throw CliException.Usage("--reference and --accept-any-reference contradict each other");
        }

        var repository = arguments.GetValue(_reference) is { } named ? ImageReference.Parse(named) : any ? null : location.Reference;
        return policy with
        {
            Repository = repository is null ? null : CosignPayload.RepositoryOf(repository),
            PredicateType = arguments.GetValue(_predicate)!,
        };
    }

    private static TextPattern? Pattern(ParseResult arguments, Option<string?> exact, Option<string?> expression) =>
        (arguments.GetValue(exact), arguments.GetValue(expression)) switch
        {
            (null, null) => null,
            ({ } text, null) => TextPattern.Exactly(text),
            (null, { } pattern) => TextPattern.Matching(pattern),
            _ => throw CliException.Usage($"{exact.Name} and {expression.Name} cannot be given together"),
        };
}
