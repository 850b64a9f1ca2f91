using System.Security.Cryptography;
using System.Text;
using Casemate.Attestation.Pki;

namespace Casemate.Attestation.Tests;

public sealed class PemBlockTests
{
    private static readonly string[] Lines =
    [
        "-----BEGIN A-----", "-----BEGIN A-----\r", "-----BEGIN B-----", "-----END A-----", "-----END A-----\r", "-----END B-----", "TUlJQg==",
        "TUlJ", "", " ", "words", "-----", "-----BEGIN ", "-----END ", "-----END of words", "words -----BEGIN A-----", "words-----BEGIN A-----",
        "-----END A-----words", "-----END A----- words", "\0",
    ];

    [Fact]
    public void Finds_TheBlocksThatTheBaseLibraryFinds()
    {
        var random = new Random(11);
        var found = 0;
        for (var i = 0; i < 200_000; i++)
        {
            var text = new StringBuilder();
            for (var lines = random.Next(1, 12); lines > 0; lines--)
            {
                // Mostly well-formed blocks, or hardly anything would be found.
                text.Append(random.Next(3) == 0 ? "-----BEGIN A-----\nTUlJ\n-----END A-----\n" : Lines[random.Next(Lines.Length)] + '\n');
            }

            var pem = Encoding.ASCII.GetBytes(text.ToString());
            var expected = ByBaseLibrary(pem);
            Assert.True(expected.SequenceEqual(ByUs(pem)), $"{text}\nexpected {string.Join('|', expected)}\nfound {string.Join('|', ByUs(pem))}");
            found += expected.Count;
        }

        Assert.True(found > 100_000, $"{found} blocks: the test is one-sided");
    }

    [Theory]
    [InlineData("-----BEGIN ")]
    [InlineData("-----BEGIN CERTIFICATE-----\n")]
    [InlineData("-----BEGIN A-----\n-----END B-----\n")]
    [InlineData("-----END ")]
    [InlineData("-----END \n")]
    public async Task Reads_HostileTextInTimeProportionalToIt(string part)
    {
        var text = Encoding.ASCII.GetBytes("-----BEGIN X509 CRL-----\n" + string.Concat(Enumerable.Repeat(part, 4_000_000 / part.Length)));
        var read = Task.Run(() => CertificateRevocationList.TryParse(text, out _, out _), TestContext.Current.CancellationToken);

        Assert.False(await read.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
    }

    private static List<string> ByUs(ReadOnlySpan<byte> pem)
    {
        var found = new List<string>();
        while (PemBlock.TryFindNext(ref pem, out var block, out var fields))
        {
            found.Add(Encoding.ASCII.GetString(block[fields.Label]) + ' ' + Encoding.ASCII.GetString(block[fields.Base64Data]));
        }

        return found;
    }

    private static List<string> ByBaseLibrary(ReadOnlySpan<byte> pem)
    {
        var found = new List<string>();
        while (PemEncoding.TryFindUtf8(pem, out var fields))
        {
            found.Add(Encoding.ASCII.GetString(pem[fields.Label]) + ' ' + Encoding.ASCII.GetString(pem[fields.Base64Data]));
            pem = pem[fields.Location.End..];
        }

        return found;
    }
}
