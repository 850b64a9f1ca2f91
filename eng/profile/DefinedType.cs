using System.Reflection.Metadata;

namespace Casemate.Profile;

/// <summary>A type and its assembly.</summary>
internal sealed record DefinedType(string Assembly, MetadataReader Metadata, TypeDefinitionHandle Handle)
{
    public TypeDefinition Definition => Metadata.GetTypeDefinition(Handle);

    public bool IsValueType
    {
        get
        {
            var (space, name) = Definition.BaseType switch
            {
                { IsNil: true } => ("", ""),
                { Kind: HandleKind.TypeReference } handle => NameOf(Metadata.GetTypeReference((TypeReferenceHandle)handle)),
                { Kind: HandleKind.TypeDefinition } handle => NameOf(Metadata.GetTypeDefinition((TypeDefinitionHandle)handle)),
                _ => ("", ""),
            };
            return space == "System" && (name is "ValueType" || (name is "Enum"));
        }
    }

    private (string, string) NameOf(TypeReference type) => (Metadata.GetString(type.Namespace), Metadata.GetString(type.Name));

    private (string, string) NameOf(TypeDefinition type) => (Metadata.GetString(type.Namespace), Metadata.GetString(type.Name));
}
