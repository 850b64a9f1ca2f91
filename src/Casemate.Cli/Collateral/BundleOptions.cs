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

    /// <summary>Whether an option says whose bundles are taken.</summary>
    public bool AreGiven(ParseResult arguments) => arguments.GetValue(_key) is not null || arguments.GetValue(_allowUnsigned);

    /// <summary>Whether a key is named: then a bundle is meant, and its signature is to be checked.</summary>
    public bool NamesKey(ParseResult arguments) => arguments.GetValue(_key) is not null;

    /// <summary>Reads a bundle as the options ask.</summary>
    /// <exception cref="MalformedInputException">It is damaged, or not signed by the right key.</exception>
    /// <exception cref="CliException">It is no bundle (exit code 3), or the options do not say whose bundle is taken (2).</exception>
    public CollateralBundle Read(ParseResult arguments, string path) =>
        Read(path, arguments.GetValue(_key), arguments.GetValue(_allowUnsigned));

    /// <summary>Reads a bundle.</summary>
    /// <param name="path">The bundle.</param>
    /// <param name="key">File of the public key that it must be signed with; null: none is named.</param>
    /// <param name="allowUnsigned">Whether it is taken whoever made it.</param>
    /// <exception cref="MalformedInputException">It is damaged, or not signed by the right key.</exception>
    /// <exception cref="CliException">It is no bundle (exit code 3), or nothing says whose bundle is taken (2).</exception>
    public static CollateralBundle Read(string path, string? key, bool allowUnsigned)
    {
        if (key is not null && allowUnsigned)
        {
            throw CliException.Usage(
                "--bundle-key and --allow-unsigned-bundle exclude each other", "With --bundle-key alone, the signature is checked.");
        }

        NotABundle.Refuse(path);
        return key is not null ? CollateralBundle.Read(path, BundlePublicKey.Load(key))
            : CollateralBundle.ReadAcceptingUnsigned(path) is var bundle && allowUnsigned ? bundle
            : throw WhoseIsIt(bundle);
    }

    // Who has a signed one is not told how to do without the signature.
    private static CliException WhoseIsIt(CollateralBundle bundle) => bundle.Signer.Length > 0
        ? CliException.Usage(
            $"{bundle.Name} is a signed bundle, and nothing says whose bundles are taken",
            "Name the public key of whoever made it with --bundle-key FILE.")
        : CliException.Usage(
            $"{bundle.Name} is a bundle that nobody signed",
            "Ask for a signed one; or, if you trust the way that it came, take it without asking, with --allow-unsigned-bundle.");

    /// <summary>A bundle, for people.</summary>
    public static string Describe(CollateralBundle bundle) =>
        $"{bundle.Name} (made {Verify.InstantText.Format(bundle.Created)}, "
        + (bundle.IsSignatureVerified ? $"signed by {bundle.Signer[..16]}…)" : "signature not checked)");
}
