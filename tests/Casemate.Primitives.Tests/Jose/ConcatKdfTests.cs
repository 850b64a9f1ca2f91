using System.Security.Cryptography;
using Casemate.Primitives.Jose;
using Casemate.Primitives.Text;

namespace Casemate.Primitives.Tests.Jose;

public class ConcatKdfTests
{
    [Fact]
    public void Derives_TheKeyOfRfc7518AppendixC()
    {
        byte[] z =
        [
            158, 86, 217, 29, 129, 113, 53, 211, 114, 131, 66, 131, 191, 132, 38, 156, 251, 49, 110, 163, 218, 128, 106, 72, 246, 218, 167,
            121, 140, 254, 144, 196,
        ];
        var key = new byte[16];
        ConcatKdf.DeriveKey(z, "A128GCM", "Alice"u8, "Bob"u8, key);
        Assert.Equal("VqqN6vgjbSBcIijNcacQGg", Base64UrlText.Encode(key));
    }

    [Fact]
    public void Agrees_OnTheSharedSecretOfRfc7518AppendixC()
    {
        using var bob = ECDiffieHellman.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            D = Decode("VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw"),
            Q = new ECPoint
            {
                X = Decode("weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ"),
                Y = Decode("e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck"),
            },
        });
        using var alice = ECDiffieHellman.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint
            {
                X = Decode("gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0"),
                Y = Decode("SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps"),
            },
        });
        var key = new byte[16];
        ConcatKdf.DeriveKey(bob.DeriveRawSecretAgreement(alice.PublicKey), "A128GCM", "Alice"u8, "Bob"u8, key);
        Assert.Equal("VqqN6vgjbSBcIijNcacQGg", Base64UrlText.Encode(key));
    }

    [Fact]
    public void Derives_KeysLongerThanOneHash_WithACounterPerBlock()
    {
        var (whole, half) = (new byte[64], new byte[32]);
        ConcatKdf.DeriveKey([1, 2, 3], "A256CBC-HS512", [], [], whole);
        ConcatKdf.DeriveKey([1, 2, 3], "A256CBC-HS512", [], [], half);
        Assert.NotEqual(half, whole[..32]);                                // the length is hashed too
        Assert.NotEqual(whole[..32], whole[32..]);
    }

    private static byte[] Decode(string text) => Base64UrlText.TryDecode(text, out var bytes) ? bytes : throw new FormatException(text);
}
