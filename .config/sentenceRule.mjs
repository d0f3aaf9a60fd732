import ts from 'typescript';

/** Which argument of these is a sentence. */
const sentenceArgument = { DossierError: 1, editorError: 1, parseJson: 2, parseJsonBytes: 2 };

/** Any text, unless it is of the type `Saying`: then it was checked where it came from. */
const hasAnyText = (type) =>
  type.isUnion()
    ? type.types.some(hasAnyText) && !type.types.some((each) => each.symbol?.name === 'Sentence')
    : (type.flags & (ts.TypeFlags.String | ts.TypeFlags.TemplateLiteral)) !== 0;

/** A sentence for people is a literal or is made with `say`: any other text has no id to translate it by. */
export default {
  meta: {
    type: 'problem',
    schema: [],
    messages: { unsaid: 'Write the sentence as a literal or with say`…`, so that it has an id to translate it by.' },
  },
  create(context) {
    const { getTypeAtLocation } = context.sourceCode.parserServices;
    const check = (node) => {
      if (node !== undefined && hasAnyText(getTypeAtLocation(node))) context.report({ node, messageId: 'unsaid' });
    };
    const checkArgument = ({ callee, arguments: given }) => {
      const at = callee.type === 'Identifier' ? sentenceArgument[callee.name] : undefined;
      if (at === undefined) return;
      check(given[at]);
      for (const argument of given)
        if (argument.type === 'ObjectExpression')
          for (const property of argument.properties)
            if (property.type === 'Property' && property.key.name === 'advice') check(property.value);
    };
    return { NewExpression: checkArgument, CallExpression: checkArgument };
  },
};
