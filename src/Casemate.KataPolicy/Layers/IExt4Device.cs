namespace Casemate.KataPolicy.Layers;

/// <summary>Takes an ext4 image: in order, and then a few blocks once more.</summary>
internal interface IExt4Device
{
    /// <summary>Takes the next bytes.</summary>
    void Append(ReadOnlySpan<byte> bytes);

    /// <summary>Takes zeros.</summary>
    void AppendZeros(long count);

    /// <summary>Takes a block of 4096 bytes in the place of one that was taken before.</summary>
    void Replace(long block, ReadOnlySpan<byte> content);
}
