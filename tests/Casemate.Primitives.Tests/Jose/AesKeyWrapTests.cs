using System.Security.Cryptography;
using Casemate.Primitives.Jose;

namespace Casemate.Primitives.Tests.Jose;

public class AesKeyWrapTests
{
    private const string Kek128 = "000102030405060708090A0B0C0D0E0F";
    private const string Kek192 = Kek128 + "1011121314151617";
    private const string Kek256 = Kek192 + "18191A1B1C1D1E1F";
    private const string Data128 = "00112233445566778899AABBCCDDEEFF";

    [Theory]
    [InlineData(Kek128, Data128, "1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5")]
    [InlineData(Kek192, Data128, "96778B25AE6CA435F92B5B97C050AED2468AB8A17AD84E5D")]
    [InlineData(Kek256, Data128, "64E8C3F9CE0F5BA263E9777905818A2A93C8191E7D6E8AE7")]
    [InlineData(Kek192, Data128 + "0001020304050607", "031D33264E15D33268F24EC260743EDCE1C6C7DDEE725A936BA814915C6762D2")]
    [InlineData(Kek256, Data128 + "0001020304050607", "A8F9BC1612C68B3FF6E6F4FBE30E71E4769C8B80A32CB8958CD5D17D6B254DA1")]
    [InlineData(Kek256, Data128 + Kek128, "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21")]
    public void Wraps_AsInRfc3394Section4(string kek, string data, string wrapped)
    {
        Assert.Equal(wrapped, Convert.ToHexString(AesKeyWrap.Wrap(Convert.FromHexString(kek), Convert.FromHexString(data))));
        Assert.True(AesKeyWrap.TryUnwrap(Convert.FromHexString(kek), Convert.FromHexString(wrapped), out var back));
        Assert.Equal(data, Convert.ToHexString(back));
    }

    [Fact]
    public void Refuses_EverySingleChangedBit()
    {
        var kek = RandomNumberGenerator.GetBytes(32);
        var wrapped = AesKeyWrap.Wrap(kek, RandomNumberGenerator.GetBytes(32));
        for (var bit = 0; bit < wrapped.Length * 8; bit++)
        {
            var changed = (byte[])wrapped.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(AesKeyWrap.TryUnwrap(kek, changed, out _));
        }
    }

    [Fact]
    public void Refuses_EveryOtherLength()
    {
        var kek = new byte[32];
        for (var length = 0; length < 64; length++)
        {
            Assert.False(AesKeyWrap.TryUnwrap(kek, new byte[length], out _));
        }

        Assert.False(AesKeyWrap.TryUnwrap(kek, new byte[528], out _));
        Assert.Throws<ArgumentException>(() => AesKeyWrap.Wrap(kek, new byte[8]));
        Assert.Throws<ArgumentException>(() => AesKeyWrap.Wrap(kek, new byte[17]));
        Assert.Throws<ArgumentException>(() => AesKeyWrap.Wrap(new byte[31], new byte[16]));
    }
}
