using System.Buffers.Binary;

namespace Casemate.Simulator.Dcap;

/// <summary>
/// The 512 bytes by which an enclave is named as the target of a report. Source: Intel SGX SDK, <c>sgx_target_info_t</c>.
/// </summary>
internal static class TargetInfoBytes
{
    public const int Size = 512;
    private const int AttributesOffset = 32;
    private const int ConfigSvnOffset = 50;
    private const int MiscSelectOffset = 52;
    private const int ConfigIdOffset = 64;

    /// <summary>Bytes of <see cref="Identity"/>.</summary>
    public const int IdentitySize = 32 + 16 + 2 + 4 + 64;

    /// <summary>Names a quoting enclave as target.</summary>
    public static byte[] Of(QuotingEnclave enclave)
    {
        var target = new byte[Size];
        FieldSize.Put(target, 0, enclave.MrEnclave, 32, nameof(enclave.MrEnclave));
        BinaryPrimitives.WriteUInt64LittleEndian(target.AsSpan(AttributesOffset), enclave.Flags);
        BinaryPrimitives.WriteUInt64LittleEndian(target.AsSpan(AttributesOffset + 8), enclave.Xfrm);
        BinaryPrimitives.WriteUInt32LittleEndian(target.AsSpan(MiscSelectOffset), enclave.MiscSelect);
        return target;
    }

    public static ReadOnlySpan<byte> MrEnclave(ReadOnlySpan<byte> target) => target[..32];

    public static ReadOnlySpan<byte> Attributes(ReadOnlySpan<byte> target) => target.Slice(AttributesOffset, 16);

    public static ReadOnlySpan<byte> ConfigSvn(ReadOnlySpan<byte> target) => target.Slice(ConfigSvnOffset, 2);

    public static ReadOnlySpan<byte> MiscSelect(ReadOnlySpan<byte> target) => target.Slice(MiscSelectOffset, 4);

    public static ReadOnlySpan<byte> ConfigId(ReadOnlySpan<byte> target) => target.Slice(ConfigIdOffset, 64);

    /// <summary>What a report key depends on, without the reserved bytes.</summary>
    public static void Identity(ReadOnlySpan<byte> target, Span<byte> identity)
    {
        MrEnclave(target).CopyTo(identity);
        Attributes(target).CopyTo(identity[32..]);
        ConfigSvn(target).CopyTo(identity[48..]);
        MiscSelect(target).CopyTo(identity[50..]);
        ConfigId(target).CopyTo(identity[54..]);
    }
}
