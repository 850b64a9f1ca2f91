using System.Security.Cryptography;
using System.Text;
using Casemate.Primitives.Files;
using Casemate.Primitives.Text;

namespace Casemate.Serve;

/// <summary>
/// The one bearer token that lets an administrator store and remove resources. It lies in a file that its owner alone can read; who
/// does not have it is refused.
/// </summary>
internal sealed class AdminToken
{
    private const int MinimumLength = 32;
    private const int MaximumLength = 512;

    private readonly byte[] _hash;

    private AdminToken(string token) => _hash = Hash(token);

    /// <summary>Loads the token, or makes one of 32 random bytes.</summary>
    /// <param name="file">The file; its directory must exist.</param>
    /// <exception cref="IOException">It cannot be made or read.</exception>
    /// <exception cref="InvalidDataException">It holds no token that is long enough.</exception>
    public static AdminToken Open(string file)
    {
        if (!File.Exists(file))
        {
            _ = AtomicFile.TryCreate(file, Encoding.ASCII.GetBytes(Base64UrlText.Encode(RandomNumberGenerator.GetBytes(32)) + "\n"));
        }

        var text = new FileInfo(file).Length <= MaximumLength ? File.ReadAllText(file).Trim() : "";
        return text.Length >= MinimumLength && text.All(c => c is > ' ' and < '\x7f')
            ? new AdminToken(text)
            : throw new InvalidDataException(
                $"The admin token file '{file}' holds no token of {MinimumLength} to {MaximumLength} printable characters. "
                + "Write one, such as the output of 'openssl rand -hex 32', or remove the file to have one made.");
    }

    /// <summary>Whether a token is the administrator's. Takes equally long for every other one, whatever its length.</summary>
    public bool Matches(string? token) => token is not null && CryptographicOperations.FixedTimeEquals(Hash(token), _hash);

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
