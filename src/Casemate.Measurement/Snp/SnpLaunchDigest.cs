using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Casemate.Measurement.Snp;

/// <summary>
/// The launch digest of an SEV-SNP guest while its pages are added, one after the other: SHA-384 over a PAGE_INFO that holds the digest
/// so far. A value: a copy goes on for itself, so that guests that begin alike share the beginning.
/// Source: SEV Secure Nested Paging Firmware ABI (56860), section 8.17.2, table PAGE_INFO.
/// </summary>
public struct SnpLaunchDigest
{
    /// <summary>The length of the digest, in bytes.</summary>
    public const int Size = SHA384.HashSizeInBytes;

    /// <summary>The size of a page, in bytes.</summary>
    public const int PageSize = 4096;

    private const int PageInfoSize = 0x70;

    // From here on, hashing on several cores pays for handing the work out.
    private const int PagesWorthSharing = 64;

    private DigestBytes _current;

    /// <summary>A digest to go on from.</summary>
    /// <param name="digest">48 bytes, such as the digest after the firmware was added. All zero is the start of a launch.</param>
    /// <exception cref="ArgumentException">Not 48 bytes.</exception>
    public SnpLaunchDigest(ReadOnlySpan<byte> digest)
    {
        if (digest.Length != Size)
        {
            throw new ArgumentException($"A launch digest has {Size} bytes.", nameof(digest));
        }

        digest.CopyTo(_current);
    }

    /// <summary>The digest now, 48 bytes.</summary>
    public readonly byte[] ToArray()
    {
        var digest = new byte[Size];
        ((ReadOnlySpan<byte>)_current).CopyTo(digest);
        return digest;
    }

    /// <summary>Adds a page by the hash of its contents.</summary>
    /// <param name="type">How it is measured.</param>
    /// <param name="gpa">Its guest physical address.</param>
    /// <param name="contents">
    /// SHA-384 of the page for <see cref="SnpPageType.Normal"/> and <see cref="SnpPageType.Vmsa"/>; else 48 zero bytes.
    /// </param>
    /// <exception cref="ArgumentException"><paramref name="contents"/> does not have 48 bytes.</exception>
    public void AddPage(SnpPageType type, ulong gpa, ReadOnlySpan<byte> contents)
    {
        if (contents.Length != Size)
        {
            throw new ArgumentException($"The hash of a page has {Size} bytes.", nameof(contents));
        }

        Span<byte> info = stackalloc byte[PageInfoSize];
        info.Clear();
        ((ReadOnlySpan<byte>)_current).CopyTo(info);
        contents.CopyTo(info[Size..]);
        BinaryPrimitives.WriteUInt16LittleEndian(info[0x60..], PageInfoSize);
        info[0x62] = (byte)type; // IMI_PAGE and the permissions of VMPL 1 to 3 stay zero: no known VMM sets them at launch.
        BinaryPrimitives.WriteUInt64LittleEndian(info[0x68..], gpa);
        SHA384.HashData(info, _current);
    }

    /// <summary>Adds pages of which only the address counts.</summary>
    /// <param name="type">Any type but <see cref="SnpPageType.Normal"/> and <see cref="SnpPageType.Vmsa"/>.</param>
    /// <param name="gpa">The address of the first.</param>
    /// <param name="size">Bytes, a multiple of 4096.</param>
    /// <exception cref="ArgumentException">The type has contents that count.</exception>
    public void AddUnread(SnpPageType type, ulong gpa, ulong size)
    {
        if (type is SnpPageType.Normal or SnpPageType.Vmsa)
        {
            throw new ArgumentException("Pages of this type are measured with their contents.", nameof(type));
        }

        Span<byte> nothing = stackalloc byte[Size];
        nothing.Clear();
        for (ulong done = 0; done < size; done += PageSize)
        {
            AddPage(type, gpa + done, nothing);
        }
    }

    /// <summary>Adds pages with their contents, as <see cref="SnpPageType.Normal"/>.</summary>
    /// <param name="gpa">The address of the first.</param>
    /// <param name="pages">Whole pages of 4096 bytes.</param>
    /// <exception cref="ArgumentException">Not whole pages.</exception>
    public void AddContents(ulong gpa, ReadOnlyMemory<byte> pages)
    {
        if (pages.Length % PageSize != 0)
        {
            throw new ArgumentException($"Contents are added in whole pages of {PageSize} bytes.", nameof(pages));
        }

        var count = pages.Length / PageSize;
        var hashes = new byte[count * Size];
        if (count < PagesWorthSharing)
        {
            HashPages(pages.Span, hashes, 0, count);
        }
        else
        {
            var share = (count + Environment.ProcessorCount - 1) / Environment.ProcessorCount;
            Parallel.For(0, Environment.ProcessorCount, i => HashPages(pages.Span, hashes, i * share, Math.Min(count, (i + 1) * share)));
        }

        for (var i = 0; i < count; i++)
        {
            AddPage(SnpPageType.Normal, gpa + ((ulong)i * PageSize), hashes.AsSpan(i * Size, Size));
        }
    }

    // Firmware is padded with many pages alike, and comparing two pages is far cheaper than hashing one.
    private static void HashPages(ReadOnlySpan<byte> pages, Span<byte> hashes, int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            var page = pages.Slice(i * PageSize, PageSize);
            var hash = hashes.Slice(i * Size, Size);
            if (i > from && page.SequenceEqual(pages.Slice((i - 1) * PageSize, PageSize)))
            {
                hashes.Slice((i - 1) * Size, Size).CopyTo(hash);
            }
            else
            {
                SHA384.HashData(page, hash);
            }
        }
    }

    [System.Runtime.CompilerServices.InlineArray(Size)]
    private struct DigestBytes
    {
        private byte _first;
    }
}
