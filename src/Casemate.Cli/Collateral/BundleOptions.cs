using System.CommandLine;
using Casemate.Collateral;
using Casemate.Collateral.Bundle;

namespace Casemate.Cli.Collateral;

/// <summary>Whose bundles are taken: <c>--bundle-key</c> or <c>--allow-unsigned-bundle</c>.</summary>
internal sealed class BundleOptions
{
    private readonly Option<string> _key = new("--bundle-key")
    {
        Description = "The public key that a bundle of collateral must be signed with (PEM), as casemate collateral export wrote it.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _allowUnsigned = new("--allow-unsigned-bundle")
    {
        Description = "Take a bundle of collateral whoever made it. Its documents are verified all the same; that none was left out or "
            + "is an old one, nobody vouches for.",
    };

    /// <summary>The options, to be added to a command.</summary>
    public IReadOnlyList<Option> All => [_key, _allowUnsigned];

    /// <summary>Reads a bundle as the options ask.</summary>
    /// <exception cref="MalformedInputException">It is damaged, or not signed by the right key.</exception>
    /// <exception cref="CliException">The options do not say whose bundle is taken (exit code 2).</exception>
    public CollateralBundle Read(ParseResult arguments, string path) =>
        Read(path, arguments.GetValue(_key), arguments.GetValue(_allowUnsigned));

    /// <summary>Reads a bundle.</summary>
    /// <param name="path">The bundle.</param>
    /// <param name="key">File of the public key that it must be signed with; null: none is named.</param>
    /// <param name="allowUnsigned">Whether it is taken whoever made it.</param>
    /// <exception cref="MalformedInputException">It is damaged, or not signed by the right key.</exception>
    /// <exception cref="CliException">Nothing says whose bundle is taken (exit code 2).</exception>
    public static CollateralBundle Read(string path, string? key, bool allowUnsigned)
    {
        return (key, allowUnsigned) switch
        {
            (null, false) => throw CliException.Usage(
                $"{path} is a bundle, and nothing says whose bundles are taken",
                "Name the public key of whoever made it with --bundle-key FILE; or take it without asking, with --allow-unsigned-bundle."),
            (not null, true) => throw CliException.Usage(
                "--bundle-key and --allow-unsigned-bundle exclude each other", "With --bundle-key alone, the signature is checked."),
            (null, true) => CollateralBundle.ReadAcceptingUnsigned(path),
            _ => CollateralBundle.Read(path, BundlePublicKey.Load(key)),
        };
    }

    /// <summary>A bundle, for people.</summary>
    public static string Describe(CollateralBundle bundle) =>
        $"{bundle.Name} (made {Verify.InstantText.Format(bundle.Created)}, "
        + (bundle.IsSignatureVerified ? $"signed by {bundle.Signer[..16]}…)" : "signature not checked)");
}
