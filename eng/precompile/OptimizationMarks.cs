using System.Buffers.Binary;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Casemate.Precompile;

/// <summary>The methods of an assembly that are marked <c>AggressiveOptimization</c>.</summary>
internal static class OptimizationMarks
{
    // ECMA-335 II.22.26, MethodDef: RVA (4 bytes), ImplFlags (2 bytes), ...
    private const int ImplFlagsOffset = 4;

    /// <summary>Takes the mark off in place: no byte but those of the flags changes.</summary>
    /// <returns>The names of the methods that had it.</returns>
    public static List<string> Clear(byte[] assembly)
    {
        using var file = new PEReader(new MemoryStream(assembly, writable: false));
        var names = new List<string>();
        if (!file.HasMetadata)
        {
            return names;
        }

        var metadata = file.GetMetadataReader();
        var table = file.PEHeaders.MetadataStartOffset + metadata.GetTableMetadataOffset(TableIndex.MethodDef);
        var rowSize = metadata.GetTableRowSize(TableIndex.MethodDef);
        foreach (var handle in metadata.MethodDefinitions)
        {
            var method = metadata.GetMethodDefinition(handle);
            if (!method.ImplAttributes.HasFlag(MethodImplAttributes.AggressiveOptimization))
            {
                continue;
            }

            var flags = assembly.AsSpan(table + ((MetadataTokens.GetRowNumber(handle) - 1) * rowSize) + ImplFlagsOffset, sizeof(ushort));
            if (BinaryPrimitives.ReadUInt16LittleEndian(flags) != (ushort)method.ImplAttributes)
            {
                throw new InvalidDataException($"the flags of method {MetadataTokens.GetToken(handle):x8} are not where they should be");
            }

            BinaryPrimitives.WriteUInt16LittleEndian(flags, (ushort)(method.ImplAttributes & ~MethodImplAttributes.AggressiveOptimization));
            var type = metadata.GetTypeDefinition(method.GetDeclaringType());
            names.Add($"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}.{metadata.GetString(method.Name)}");
        }

        return names;
    }
}
