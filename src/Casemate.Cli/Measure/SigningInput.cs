using System.CommandLine;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Casemate.Cli.Output;
using Casemate.Primitives.Cose;

namespace Casemate.Cli.Measure;

/// <summary>The key and certificates with which commands sign. The key is never printed.</summary>
internal sealed class SigningInput
{
    private const int MaxPem = 64 * 1024;

    private readonly Option<string> _key = new("--key")
    {
        Description = "The private key that signs (PEM, not encrypted): P-256, P-384, or RSA with at least 2048 bits.",
        HelpName = "FILE",
    };

    private readonly Option<string> _chain = new("--certificates")
    {
        Description = "The certificates of the key (PEM), from its own to that of its CA.",
        HelpName = "FILE",
    };

    /// <summary>The options.</summary>
    public IReadOnlyList<Option> All => [_key, _chain];

    /// <summary>Whether a key is named.</summary>
    public bool HasKey(ParseResult arguments) => arguments.GetValue(_key) is not null;

    /// <summary>Whether certificates are named.</summary>
    public bool HasCertificates(ParseResult arguments) => arguments.GetValue(_chain) is not null;

    /// <summary>Reads the key.</summary>
    /// <exception cref="CliException">It is not named, cannot be read, or does not sign.</exception>
    public CoseSigningKey ReadKey(ParseResult arguments)
    {
        var path = arguments.GetValue(_key) ?? throw CliException.Usage("--key is missing", "Name the private key that signs: --key FILE.");
        var pem = Encoding.Latin1.GetString(InputFile.Read("--key", path, MaxPem));
        return CoseSigningKey.TryRead(pem, out var key, out var error)
            ? key
            : throw CliException.BadInput($"--key: '{path}' is {error}", "openssl ecparam -name prime256v1 -genkey -noout -out key.pem makes one.");
    }

    /// <summary>Reads the certificates; none when none are named.</summary>
    /// <exception cref="CliException">They cannot be read, or the first is not that of the key.</exception>
    public IReadOnlyList<ReadOnlyMemory<byte>> ReadCertificates(ParseResult arguments, CoseSigningKey key)
    {
        if (arguments.GetValue(_chain) is not { } path)
        {
            return [];
        }

        var text = Encoding.Latin1.GetString(InputFile.Read("--certificates", path, MaxPem));
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(text);
            if (certificates.Count is 0 or > CoseSign1.MaxCertificates)
            {
                throw CliException.BadInput(
                    $"--certificates: '{path}' holds {certificates.Count} certificates in PEM; 1 to {CoseSign1.MaxCertificates} are used");
            }

            return certificates[0].PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.PublicKey)
                ? [.. certificates.Select(c => (ReadOnlyMemory<byte>)c.RawData)]
                : throw CliException.BadInput($"--certificates: the first certificate in '{path}' is not that of --key");
        }
        catch (System.Security.Cryptography.CryptographicException failure)
        {
            throw CliException.BadInput($"--certificates: '{path}' is not certificates in PEM", cause: failure);
        }
        finally
        {
            foreach (var certificate in certificates)
            {
                certificate.Dispose();
            }
        }
    }
}
