using System.Collections.Immutable;
using System.CommandLine;
using System.Text;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Oci;
using Casemate.Oci.Layout;
using Casemate.Oci.Signatures;
using Casemate.Primitives;

namespace Casemate.Cli.Image;

/// <summary><c>casemate image sign</c>.</summary>
internal sealed class ImageSignCommand : CliCommand
{
    private const string PasswordVariable = "COSIGN_PASSWORD";

    private readonly RegistryAccess _registries = new();

    private readonly Argument<string> _image = new("IMAGE")
    {
        Description = "The image: docker://REFERENCE, oci:DIR[:TAG], oci-archive:FILE[:TAG], or a bare reference or path.",
    };

    private readonly Option<string?> _key = new("--key")
    {
        Description = "The private key: PEM, or a key that cosign encrypted. With --attach-signature the public key.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _passwordFile = new("--password-file")
    {
        Description = $"A file with the password of an encrypted key; a line end at its end does not count. Default: {PasswordVariable}.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _reference = new("--reference")
    {
        Description = "The repository that the signature names. Default: the image's. A layout or archive has none, so name it there.",
        HelpName = "REPOSITORY",
    };

    private readonly Option<string[]> _annotations = new("--annotation", "-a")
    {
        Description = "Something to add to what is signed; may be given several times.",
        HelpName = "NAME=VALUE",
    };

    private readonly Option<string> _form = new("--form")
    {
        Description = "How the signature is kept: under cosign's tag, as a manifest that refers to the image, or as a sigstore bundle that "
            + "does. Default: tag.",
        HelpName = "tag|referrer|bundle",
        DefaultValueFactory = _ => "tag",
    };

    private readonly Option<string?> _emit = new("--emit-payload")
    {
        Description = "Write what is to be signed to this file and do no more: for a key that is elsewhere.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _attach = new("--attach-signature")
    {
        Description = "Add the signature in this file (bytes, or base64) over the payload that --emit-payload wrote.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _payload = new("--payload")
    {
        Description = "The payload that was signed elsewhere. Default: the one that the other options make.",
        HelpName = "FILE",
    };

    public ImageSignCommand()
        : base(
            "sign", "Sign an image as cosign does. Signatures that are there already stay.",
            new CommandExample("With a key in a file", "casemate image sign --key cosign.key registry.example/team/app:1.2"),
            new CommandExample("In a layout, as a sigstore bundle", "casemate image sign --key cosign.key --form bundle oci:build"),
            new CommandExample(
                "With a key elsewhere: first", "casemate image sign --emit-payload payload.json registry.example/team/app:1.2"),
            new CommandExample("Sign it there", "openssl dgst -sha256 -sign key.pem -out payload.sig payload.json"),
            new CommandExample(
                "And then",
                "casemate image sign --attach-signature payload.sig --payload payload.json --key key.pub registry.example/team/app:1.2"))
    {
        Add(_image);
        Add(_key);
        Add(_passwordFile);
        Add(_reference);
        Add(_annotations);
        _form.AcceptOnlyFromAmong("tag", "referrer", "bundle");
        Add(_form);
        Add(_emit);
        Add(_attach);
        Add(_payload);
        foreach (var option in _registries.All)
        {
            Add(option);
        }
    }

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var arguments = context.Arguments;
        RequireSense(arguments);
        var location = ImageLocation.Parse(arguments.GetValue(_image)!);
        using var client = _registries.Open(context);
        var source = await location.OpenSourceAsync(client, limits: null, cancellationToken);
        using var disposable = source as IDisposable;
        var image = await source.ResolveAsync(location.TagOrDigest, cancellationToken);
        var form = arguments.GetValue(_form)!;
        if (form != "bundle" && arguments.GetValue(_emit) is { } emit)
        {
            OutputFile.Write("--emit-payload", emit, Payload(arguments, location, image).Write(), OutputFile.Readable);
            context.Console.Note($"wrote the payload for {image.Digest}; sign its bytes with SHA-256, then add --attach-signature");
            return ExitCode.Success;
        }

        var signer = new ImageSigner(source, Target(location, source));
        if (arguments.GetValue(_attach) is { } attach)
        {
            var key = SignatureKey.Parse(InputFile.ReadText("--key", arguments.GetValue(_key)!, ImageVerifyCommand.MaxFileBytes));
            var payload = arguments.GetValue(_payload) is { } file ? InputFile.Read("--payload", file, ImageVerifyCommand.MaxFileBytes) : Payload(arguments, location, image).Write();
            var (attached, isNew) = await signer.AttachAsync(image.Digest, payload, ReadSignature(attach), key, cancellationToken);
            Write(context, image, attached, "tag", isNew, key);
            return ExitCode.Success;
        }

        using var own = ReadKey(context);
        var (manifest, added) = form switch
        {
            "bundle" => (await signer.SignBundleAsync(image, own, cancellationToken), true),
            "referrer" => (await signer.SignAsReferrerAsync(image, Payload(arguments, location, image), own, cancellationToken), true),
            _ => await signer.SignAsync(Payload(arguments, location, image), own, cancellationToken),
        };
        Write(context, image, manifest, form, added, own.PublicKey);
        return ExitCode.Success;
    }

    private void RequireSense(ParseResult arguments)
    {
        var (emit, attach) = (arguments.GetValue(_emit), arguments.GetValue(_attach));
        if (emit is not null && attach is not null)
        {
            throw CliException.Usage("--emit-payload and --attach-signature are two steps", "Sign the payload between them.");
        }

        if ((emit ?? attach) is not null && arguments.GetValue(_form) != "tag")
        {
            throw CliException.Usage("a signature that is made elsewhere is kept under cosign's tag", "Leave --form away.");
        }

        if (emit is null && arguments.GetValue(_key) is null)
        {
            throw CliException.Usage("no key is named", attach is null ? "Name the private key: --key FILE." : "Name the public key: --key FILE.");
        }

        if (attach is null && arguments.GetValue(_payload) is not null)
        {
            throw CliException.Usage("--payload belongs to --attach-signature");
        }

        if (arguments.GetValue(_form) == "bundle" && (arguments.GetValue(_reference) is not null || arguments.GetValue(_annotations) is { Length: > 0 }))
        {
            throw CliException.Usage("a bundle names neither a repository nor annotations", "Leave --reference and --annotation away, or use --form tag.");
        }
    }

    private static IImageTarget Target(ImageLocation location, IImageSource source) =>
        location.Transport is ImageTransport.Registry or ImageTransport.OciLayout && source is IImageTarget target
            ? target
            : throw CliException.Usage(
                "an archive cannot be changed, so its images cannot be signed where they are", "Copy the image to a layout or a registry first.");

    private CosignPayload Payload(ParseResult arguments, ImageLocation location, Descriptor image)
    {
        var reference = arguments.GetValue(_reference) is { } named ? ImageReference.Parse(named) : location.Reference
            ?? throw CliException.Usage(
                $"{location} has no repository for the signature to name", "Name where the image will be: --reference registry.example/team/app.");
        var annotations = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var text in arguments.GetValue(_annotations) ?? [])
        {
            var equals = text.IndexOf('=');
            if (equals <= 0 || annotations.ContainsKey(text[..equals]))
            {
                throw CliException.Usage($"--annotation '{text}' is not NAME=VALUE with a name of its own");
            }

            annotations.Add(text[..equals], text[(equals + 1)..]);
        }

        return new CosignPayload(CosignPayload.RepositoryOf(reference), image.Digest, annotations.ToImmutable());
    }

    private SigningKey ReadKey(CommandContext context)
    {
        var pem = InputFile.ReadText("--key", context.Arguments.GetValue(_key)!, ImageVerifyCommand.MaxFileBytes);
        string? password = null;
        if (SigningKey.NeedsPassword(pem))
        {
            password = context.Arguments.GetValue(_passwordFile) is { } file
                ? InputFile.ReadText("--password-file", file, ImageVerifyCommand.MaxFileBytes).TrimEnd('\r', '\n')
                : context.Invocation.Environment(PasswordVariable);
        }

        return SigningKey.Parse(pem, password);
    }

    // Tools write the bytes (openssl) or their base64 (cosign); a signature's bytes are never base64 text by chance.
    private static byte[] ReadSignature(string path)
    {
        var bytes = InputFile.Read("--attach-signature", path, ImageVerifyCommand.MaxFileBytes);
        var text = Encoding.ASCII.GetString(bytes).Trim();
        var decoded = new byte[text.Length];
        return Convert.TryFromBase64String(text, decoded, out var count) && count > 0 ? decoded[..count] : bytes;
    }

    private static void Write(CommandContext context, Descriptor image, Descriptor manifest, string form, bool added, SignatureKey key)
    {
        if (context.Console.Format is OutputFormat.Table)
        {
            context.Console.Out.WriteLine(
                added ? $"signed {image.Digest} with {key.Kind} {key.Fingerprint}" : $"{image.Digest} was signed with this key before: nothing to do");
            return;
        }

        context.Console.WriteDocument(json =>
        {
            json.WriteString("apiVersion", ApiVersion.V1);
            json.WriteString("image", image.Digest.Text);
            json.WriteString("manifest", manifest.Digest.Text);
            json.WriteString("form", form);
            json.WriteBoolean("added", added);
            json.WriteString("keyKind", key.Kind.ToString());
            json.WriteString("keyFingerprint", key.Fingerprint.Text);
        });
    }
}
