// Writes what Lucene 9.12.2 makes of lines.jsonl, with lucene-core and
// lucene-analysis-common on the class path:
//
//	java -cp 'lib/*' Golden.java <lines.jsonl >lucene.jsonl
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.util.*;
import org.apache.lucene.analysis.*;
import org.apache.lucene.analysis.cjk.*;
import org.apache.lucene.analysis.en.*;
import org.apache.lucene.analysis.standard.*;
import org.apache.lucene.analysis.tokenattributes.*;

class Golden {
	public static void main(String[] args) throws IOException {
		Map<String, Analyzer> analyzers = new LinkedHashMap<>();
		analyzers.put("lucene-english", new EnglishAnalyzer());
		analyzers.put("lucene-standard", new StandardAnalyzer());
		analyzers.put("unicode|cjk|lower", new Analyzer() {
			@Override
			protected TokenStreamComponents createComponents(String field) {
				Tokenizer source = new StandardTokenizer();
				return new TokenStreamComponents(source, new CJKBigramFilter(new LowerCaseFilter(source)));
			}
		});
		BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
		for (String line; (line = in.readLine()) != null;) {
			String text = parse(line);
			List<String> parts = new ArrayList<>();
			for (Map.Entry<String, Analyzer> e : analyzers.entrySet())
				parts.add(quote(e.getKey()) + ": " + tokens(e.getValue(), text));
			System.out.println("{" + String.join(", ", parts) + "}");
		}
	}

	// tokens returns [[term, start, end, position], …] with offsets in UTF-16 units.
	static String tokens(Analyzer analyzer, String text) throws IOException {
		List<String> list = new ArrayList<>();
		try (TokenStream stream = analyzer.tokenStream("f", text)) {
			CharTermAttribute term = stream.addAttribute(CharTermAttribute.class);
			OffsetAttribute offset = stream.addAttribute(OffsetAttribute.class);
			PositionIncrementAttribute increment = stream.addAttribute(PositionIncrementAttribute.class);
			stream.reset();
			for (int position = -1; stream.incrementToken();) {
				position += increment.getPositionIncrement();
				list.add("[" + quote(term.toString()) + ", " + offset.startOffset() + ", " + offset.endOffset() + ", " + position + "]");
			}
			stream.end();
		}
		return list.toString();
	}

	// parse reads a JSON string with every character beyond ASCII escaped.
	static String parse(String json) {
		StringBuilder b = new StringBuilder();
		for (int i = 1; i < json.length() - 1; i++) {
			char c = json.charAt(i);
			if (c != '\\') {
				b.append(c);
				continue;
			}
			switch (c = json.charAt(++i)) {
			case 'n': b.append('\n'); break;
			case 't': b.append('\t'); break;
			case 'r': b.append('\r'); break;
			case 'b': b.append('\b'); break;
			case 'f': b.append('\f'); break;
			case 'u': b.append((char) Integer.parseInt(json.substring(i + 1, i + 5), 16)); i += 4; break;
			default: b.append(c);
			}
		}
		return b.toString();
	}

	static String quote(String s) {
		StringBuilder b = new StringBuilder("\"");
		for (char c : s.toCharArray()) {
			if (c < 32 || c > 126 || c == '"' || c == '\\') b.append(String.format("\\u%04x", (int) c));
			else b.append(c);
		}
		return b.append('"').toString();
	}
}
