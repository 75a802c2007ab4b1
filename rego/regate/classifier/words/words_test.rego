# METADATA
# title: Tests of words
package regate.classifier.words_test

import data.regate.classifier.words

test_takes_names_apart if {
	every name, expected in {
		"": [],
		"paint": ["paint"],
		"paint_fence": ["paint", "fence"],
		"API-post-fence": ["api", "post", "fence"],
		"garden.fence/paint": ["garden", "fence", "paint"],
		"paintFence": ["paint", "fence"],
		"PaintFence": ["paint", "fence"],
		"PAINT_FENCE": ["paint", "fence"],
		"getHTTPFence": ["get", "http", "fence"],
		"listURLs": ["list", "urls"],
		"getS3Fence": ["get", "s3", "fence"],
		"EC2Fence": ["ec2", "fence"],
		"d1_fence": ["d1", "fence"],
		"k8s fence": ["k8s", "fence"],
		"__paint__": ["paint"],
		"malen_zäune": ["malen", "z", "une"],
		"删除": [],
		"create_api_key": ["create", "apikey"],
		"look_up_fence": ["lookup", "fence"],
	} {
		words.of_name(name) == expected
	}
}

test_takes_texts_apart if {
	every text, expected in {
		"": [],
		"Paints a fence.": [["paints", "a", "fence"]],
		"Paints a fence. It's fast!\nSee: the docs": [["paints", "a", "fence"], ["it's", "fast"], ["see"], ["the", "docs"]],
		"Paint, or repair/replace": [["paint", ",", "or", "repair", "/", "replace"]],
		"- **Paint** a `fence` (v2)": [["paint", "a", "fence", "v2"]],
		"Use 'paint' and don’t wait": [["use", "paint", "and", "don't", "wait"]],
		"Rotates an API key": [["rotates", "an", "apikey"]],
		"Outlook updates": [["outlook", "updates"]],
		"fence.txt is read": [["fence.txt", "is", "read"]],
	} {
		words.clauses_of(text) == expected
	}
}

test_gives_the_forms_of_a_word if {
	words.forms("paints")[0] == "paints"
	"paint" in words.forms("paints")
	"copy" in words.forms("copies")
	"fetch" in words.forms("fetches")
	"create" in words.forms("creates")
	"run" in words.forms("running")
	"create" in words.forms("creating")
	"list" in words.forms("listing")
	"assign" in words.forms("reassign")
	"apply" in words.forms("unapply")
	"scale" in words.forms("autoscale")
	words.forms("ring") == ["ring"]
	words.forms("paint") == ["paint"]
}
